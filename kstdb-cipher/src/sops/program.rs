//! Finds the `sops` program and runs it: no shell, fixed arguments, a time limit, a size limit.

use std::env;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use zeroize::Zeroizing;

use super::child::{self, Ended};
use super::{IdentityCommands, SopsError, SopsExit, SopsSource, file};

/// The variables with commands that sops runs to get an identity.
const COMMAND_VARIABLES: [&str; 2] = ["SOPS_AGE_KEY_CMD", "SOPS_AGE_SSH_PRIVATE_KEY_CMD"];

/// Finds the program: an absolute path as it is, a name in the directories of `PATH`.
pub(super) fn find(program: &Path) -> Result<PathBuf, SopsError> {
    #[expect(clippy::disallowed_methods, reason = "PATH is not a setting")]
    let search_path = env::var_os("PATH").unwrap_or_default();
    find_in(program, &search_path)
}

fn find_in(program: &Path, search_path: &OsStr) -> Result<PathBuf, SopsError> {
    let program = program.to_path_buf();
    if program.is_absolute() {
        return Ok(program);
    }
    if program.components().count() != 1 || program.file_name().is_none() {
        return Err(SopsError::ProgramPathRelative { program });
    }
    let mut with_suffix = program.as_os_str().to_owned();
    with_suffix.push(env::consts::EXE_SUFFIX);
    // An empty or relative entry would run whatever lies in the working directory.
    env::split_paths(search_path)
        .filter(|directory| directory.is_absolute())
        .flat_map(|directory| [directory.join(&program), directory.join(&with_suffix)])
        .find(|candidate| is_executable(candidate))
        .ok_or(SopsError::ProgramNotFound { program })
}

/// Runs `sops --disable-version-check decrypt --output-type json FILE` and gives its output.
///
/// An identity of the settings reaches it as the variable that sops reads; commands of the
/// environment only if the settings allow them.
pub(super) fn decrypt(
    program: &Path,
    settings: &SopsSource,
) -> Result<Zeroizing<Vec<u8>>, SopsError> {
    let path = settings.path().to_path_buf();
    let mut command = Command::new(program);
    command
        .args([
            "--disable-version-check",
            "decrypt",
            "--output-type",
            "json",
        ])
        // Absolute, so that no name is taken for an option.
        .arg(file::absolute(&path)?);
    if let Some(identity) = settings.identity_path() {
        command.env(identity_variable(identity), identity);
    }
    if settings.allowed_commands() == IdentityCommands::Ignore {
        for variable in COMMAND_VARIABLES {
            command.env_remove(variable);
        }
    }
    let (limit, limit_bytes) = (settings.time_limit(), settings.output_limit());
    let ended = child::run(&mut command, limit, limit_bytes).map_err(|source| {
        let program = program.to_path_buf();
        match source.kind() {
            ErrorKind::NotFound => SopsError::ProgramNotFound { program },
            _ => SopsError::ProgramNotRun { program, source },
        }
    })?;
    match ended {
        Ended::Exited(status, output) => match SopsExit::from_status(status) {
            None => Ok(output),
            Some(exit) => Err(SopsError::Failed { path, exit }),
        },
        Ended::Flooded => Err(SopsError::OutputTooLarge { path, limit_bytes }),
        Ended::TimeUp => Err(SopsError::Timeout { path, limit }),
    }
}

/// The variable that makes sops read this file of identities.
fn identity_variable(identity: &Path) -> &'static str {
    let mut start = [0; 16];
    let is_ssh = File::open(identity)
        .and_then(|mut file| file.read_exact(&mut start))
        .is_ok_and(|()| start.starts_with(b"-----BEGIN ") && !start.starts_with(b"-----BEGIN AGE"));
    if is_ssh {
        "SOPS_AGE_SSH_PRIVATE_KEY_FILE"
    } else {
        "SOPS_AGE_KEY_FILE"
    }
}

#[cfg(unix)]
fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata()
        .is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(file: &Path) -> bool {
    file.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_name_is_looked_up_in_absolute_directories_only() {
        let found = |name: &str, search_path: &str| find_in(Path::new(name), search_path.as_ref());
        assert!(found("sh", "/nowhere:/bin:/usr/bin").is_ok_and(|path| path.is_absolute()));
        assert!(matches!(
            found("sh", ".::bin"),
            Err(SopsError::ProgramNotFound { .. })
        ));
        assert!(matches!(
            found("sh", ""),
            Err(SopsError::ProgramNotFound { .. })
        ));
        assert!(matches!(
            found("no-such", "/bin"),
            Err(SopsError::ProgramNotFound { .. })
        ));
        for relative in ["./sops", "bin/sops", "..", ""] {
            let refused = found(relative, "/bin");
            assert!(
                matches!(refused, Err(SopsError::ProgramPathRelative { .. })),
                "{relative}"
            );
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_name_is_taken_whole_and_must_be_executable() -> std::io::Result<()> {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir()?;
        let file = dir.path().join("sops-3.11");
        std::fs::write(&file, "")?;
        let found = || find_in(Path::new("sops-3.11"), dir.path().as_os_str());
        assert!(matches!(found(), Err(SopsError::ProgramNotFound { .. })));
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o700))?;
        assert!(found().is_ok_and(|path| path == file));
        Ok(())
    }
}
