//! Files without a key: looked at before they are opened, created for their owner alone.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use kstdb_cipher::{FileState, inspect};

use super::FileRules;
use crate::error::{DatabaseConnectionError, DatabaseError, EncryptionError};

/// Lets unencrypted databases through, creates a missing one, and refuses the rest. Gives the file
/// itself, with no symbolic link in its path.
pub(super) fn look_or_create(path: &Path, rules: FileRules) -> Result<PathBuf, DatabaseError> {
    let report = inspect(path)?;
    let unusable = |reason| {
        Err(DatabaseConnectionError::UnusablePath {
            path: path.to_owned(),
            reason,
        }
        .into())
    };
    if let Err(refused) = rules.unlock_options().check(&report) {
        return match refused {
            EncryptionError::Symlink { .. } => unusable("it is a symbolic link"),
            EncryptionError::HardLink { .. } => unusable("it has several names (hard links)"),
            EncryptionError::UnsafeSidecar { .. } => {
                unusable("its -wal, -shm or -journal is a link or no regular file")
            }
            EncryptionError::OpenToOthers { .. } => unusable("others have access to it"),
            other => Err(other.into()),
        };
    }
    match report.state {
        FileState::Plaintext { .. } | FileState::Empty => Ok(report.target),
        FileState::Missing if rules.create_if_missing => {
            create(&report.target).map(|()| report.target)
        }
        FileState::Missing => Err(DatabaseConnectionError::NotFound {
            path: path.to_owned(),
        }
        .into()),
        FileState::Directory => unusable("it is a directory"),
        FileState::Special => unusable("it is not a regular file"),
        FileState::TooSmall => unusable("it is too small for a database"),
        // Encrypted, or not a database: without a key nobody can tell.
        _ => Err(EncryptionError::NoKey {
            path: path.to_owned(),
        }
        .into()),
    }
}

/// Creates the file for its owner alone; another process may be faster.
fn create(path: &Path) -> Result<(), DatabaseError> {
    match create_private(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(source) => Err(DatabaseConnectionError::Io {
            path: path.to_owned(),
            source,
        }
        .into()),
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
