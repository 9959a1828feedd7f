//! A settings file together with the files that it includes.
//!
//! **Invariant:** each file is read once however many others include it, so the work is bounded by
//! what is on disk and not by the number of ways through it.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use secrecy::ExposeSecret;

use crate::convert::{Place, SOPS_MARK};
use crate::document::Document;
use crate::error::{ConfigError, IncludeProblem};
use crate::file::{Decrypt, SettingsFile};
use crate::format::{Fault, FileFormat};
use crate::limits;
use crate::merge::Partial;
use crate::provenance::FileLayer;

/// Reads one top file and everything below it.
pub(crate) struct Resolver<'a> {
    /// Makes the layer of each file out of its path.
    layer: FileLayer,
    decrypt: Option<&'a Decrypt>,
    /// Whether an included file must be of the format of the file that includes it.
    strict_format: bool,
    /// The files between the top and the one that is being read, by their real paths.
    chain: Vec<PathBuf>,
    /// The files that have been read, by their real paths.
    done: HashMap<PathBuf, Resolved>,
}

/// What a file and its includes set together.
struct Resolved {
    settings: Partial,
    /// Includes below the file, one inside the other; 0 for a file without any.
    height: usize,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(layer: FileLayer, decrypt: Option<&'a Decrypt>, strict_format: bool) -> Self {
        Self {
            layer,
            decrypt,
            strict_format,
            chain: Vec::new(),
            done: HashMap::new(),
        }
    }

    /// What the top file and its includes set. The top file may be a symbolic link.
    pub(crate) fn resolve(mut self, top: &Path) -> Result<Partial, ConfigError> {
        let real = match fs::canonicalize(top) {
            Ok(real) => real,
            // The file that cannot be read says why, and says it better.
            Err(_) => top.to_owned(),
        };
        Ok(self.file(top, real)?.settings)
    }

    fn file(&mut self, path: &Path, real: PathBuf) -> Result<Resolved, ConfigError> {
        let file = SettingsFile::read(path, self.decrypt)?;
        let Document { includes, own } = self.document(path, &file)?;

        self.chain.push(real);
        let mut settings = Partial::default();
        let mut height = 0;
        for include in &includes {
            let below = self.include(path, &file, include)?;
            settings.overlay(&below.settings);
            height = height.max(below.height + 1);
        }
        self.chain.pop();
        settings.overlay(&own);
        Ok(Resolved { settings, height })
    }

    fn document(&self, path: &Path, file: &SettingsFile) -> Result<Document, ConfigError> {
        #[expect(
            clippy::disallowed_methods,
            reason = "the text is parsed here, and never kept"
        )]
        let text = file.text.expose_secret();
        let table = file
            .format
            .parse(text)
            .map_err(|Fault { position, problem }| ConfigError::Malformed {
                path: path.to_owned(),
                position,
                problem,
            })?;
        let layer = (self.layer)(path.to_owned());
        let place = Place {
            key: "",
            layer: &layer,
            text_only: file.format.is_text_only(),
            base: path.parent().unwrap_or(Path::new("")),
        };
        let document = Document::read(table, &place)?;

        tracing::debug!(%layer, "settings file read");
        if !file.decrypted && text.contains(SOPS_MARK) {
            tracing::warn!(
                %layer,
                "settings file holds values encrypted by sops; only *.sops.* files are decrypted"
            );
        }
        if !file.decrypted && file.readable_by_others && document.own.passphrase.is_some() {
            tracing::warn!(%layer, "settings file holds a passphrase and others may read it");
        }
        Ok(document)
    }

    fn include(
        &mut self,
        path: &Path,
        file: &SettingsFile,
        include: &str,
    ) -> Result<&Resolved, ConfigError> {
        let fault = |problem| ConfigError::Include {
            path: path.to_owned(),
            include: include.into(),
            problem,
        };
        let real = locate(path, include, fault)?;
        if self.chain.contains(&real) {
            return Err(fault(IncludeProblem::Cycle));
        }
        if self.strict_format && FileFormat::of(&real) != Some(file.format) {
            return Err(fault(IncludeProblem::OtherFormat));
        }
        // The chain holds the top file too: its length is the depth of what is included here.
        let depth = self.chain.len();
        if depth > limits::INCLUDE_DEPTH {
            return Err(fault(IncludeProblem::TooDeep));
        }
        if !self.done.contains_key(&real) {
            let resolved = self.file(&real, real.clone())?;
            self.done.insert(real.clone(), resolved);
        }
        match self.done.get(&real) {
            Some(known) if depth + known.height <= limits::INCLUDE_DEPTH => Ok(known),
            _ => Err(fault(IncludeProblem::TooDeep)),
        }
    }
}

/// The real path of an included file. Each step is looked at: none may leave the directory of the
/// including file, none may be a link.
fn locate(
    including: &Path,
    include: &str,
    fault: impl Fn(IncludeProblem) -> ConfigError,
) -> Result<PathBuf, ConfigError> {
    let unreadable = |path: &Path, source| ConfigError::Read {
        path: path.to_owned(),
        source,
    };
    let directory = match including.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let root = fs::canonicalize(directory).map_err(|source| unreadable(directory, source))?;
    let mut path = root.clone();
    for step in Path::new(include.trim()).components() {
        match step {
            Component::Prefix(_) | Component::RootDir => {
                return Err(fault(IncludeProblem::Absolute));
            }
            Component::CurDir => {}
            Component::ParentDir => {
                path.pop();
                if !path.starts_with(&root) {
                    return Err(fault(IncludeProblem::OutsideDirectory));
                }
            }
            Component::Normal(name) => {
                path.push(name);
                let metadata =
                    fs::symlink_metadata(&path).map_err(|source| match source.kind() {
                        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                            fault(IncludeProblem::NotFound)
                        }
                        _ => unreadable(&path, source),
                    })?;
                if metadata.is_symlink() {
                    return Err(fault(IncludeProblem::Symlink));
                }
            }
        }
    }
    Ok(path)
}
