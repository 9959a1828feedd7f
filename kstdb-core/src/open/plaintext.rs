//! Files without a key: looked at before they are opened, created for their owner alone.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use kstdb_cipher::{FileState, inspect};

use super::FileRules;
use crate::error::EncryptionError;

/// Lets unencrypted databases through, creates a missing one, and refuses the rest. Gives the file
/// itself, with no symbolic link in its path.
pub(super) fn look_or_create(path: &Path, rules: FileRules) -> Result<PathBuf, EncryptionError> {
    let report = inspect(path)?;
    rules.unlock_options().check(&report)?;
    let path = report.path;
    match report.state {
        FileState::Plaintext { .. } | FileState::Empty => Ok(report.target),
        FileState::Missing if rules.creates() => {
            create(&path, &report.target).map(|()| report.target)
        }
        FileState::Missing => Err(EncryptionError::NotFound { path }),
        FileState::Directory | FileState::Special => Err(EncryptionError::NotAFile { path }),
        FileState::TooSmall => Err(EncryptionError::NotADatabase {
            path,
            size_bytes: report.size_bytes,
        }),
        // Encrypted, or not a database: without a key nobody can tell.
        _ => Err(EncryptionError::NoKey { path }),
    }
}

/// Creates the file for its owner alone; another process may be faster.
fn create(path: &Path, target: &Path) -> Result<(), EncryptionError> {
    let path = path.to_owned();
    match create_private(target).map_err(|error| (error.kind(), error)) {
        Ok(_) | Err((ErrorKind::AlreadyExists, _)) => Ok(()),
        Err((ErrorKind::NotFound | ErrorKind::NotADirectory, _)) => {
            Err(EncryptionError::ParentNotFound { path })
        }
        Err((_, source)) => Err(EncryptionError::Io {
            context: "create the file",
            path,
            source,
        }),
    }
}

/// Creates a file of mode 0600, whatever the umask; never follows a link and never takes an existing
/// file.
pub(crate) fn create_private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    // The umask can have taken the owner's rights away too.
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(file)
}
