//! The places of the cascade where a settings file may lie.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::environment::Environment;
use crate::error::ConfigError;
use crate::provenance::{FileLayer, Layer};

/// The names of a settings file in a place of its own, and of what is used if only that is there.
const FILE_NAMES: [(&str, &str); 2] = [("kstdb", "kstdb.conf.yml"), ("kstlib", "kstlib.conf.yml")];

/// The system's directories where `$XDG_CONFIG_DIRS` is unset.
const SYSTEM_DIRECTORIES: &str = "/etc/xdg";

/// A settings file and the layer that it makes.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) layer: FileLayer,
    pub(crate) path: PathBuf,
}

/// The files that are there, lowest layer first. A file that two places share counts as the
/// higher one.
pub(crate) fn find(
    environment: &Environment,
    home: Option<&Path>,
    working_dir: &Path,
) -> Result<Vec<Candidate>, ConfigError> {
    let mut found = Vec::new();
    for directory in system_directories(environment).iter().rev() {
        let paths = FILE_NAMES.map(|(program, name)| directory.join(program).join(name));
        add(&mut found, Layer::SystemFile, paths)?;
    }
    let user = environment
        .path("XDG_CONFIG_HOME")
        .filter(|path| path.is_absolute())
        .or_else(|| home.map(|home| home.join(".config")));
    let places: [(FileLayer, Option<&Path>); 3] = [
        (Layer::UserFile, user.as_deref()),
        (Layer::HomeFile, home),
        (Layer::WorkingDirectory, Some(working_dir)),
    ];
    for (layer, directory) in places {
        if let Some(directory) = directory {
            add(
                &mut found,
                layer,
                FILE_NAMES.map(|(_, name)| directory.join(name)),
            )?;
        }
    }
    Ok(found)
}

/// The home directory of an environment.
pub(crate) fn home(environment: &Environment) -> Option<PathBuf> {
    environment.path(if cfg!(windows) { "USERPROFILE" } else { "HOME" })
}

/// Highest first, as the variable has them. The XDG rules ignore relative ones.
fn system_directories(environment: &Environment) -> Vec<PathBuf> {
    let given = environment.path("XDG_CONFIG_DIRS");
    let directories = given.unwrap_or_else(|| PathBuf::from(SYSTEM_DIRECTORIES));
    std::env::split_paths(&directories)
        .filter(|path| path.is_absolute())
        .collect()
}

/// Adds the first of the two paths that is there.
fn add(
    found: &mut Vec<Candidate>,
    layer: FileLayer,
    paths: [PathBuf; 2],
) -> Result<(), ConfigError> {
    for path in paths {
        if exists(&path)? {
            found.retain(|candidate| candidate.path != path);
            found.push(Candidate { layer, path });
            break;
        }
    }
    Ok(())
}

/// Whether something of that name is there, be it a dead link. What cannot be told is an error:
/// a file that may not be seen could ask for encryption.
fn exists(path: &Path) -> Result<bool, ConfigError> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            Ok(false)
        }
        Err(source) => Err(ConfigError::Read {
            path: path.to_owned(),
            source,
        }),
    }
}
