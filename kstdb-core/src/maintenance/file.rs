//! The file that is to be replaced: which it is, and whether it may be.

use std::path::{Path, PathBuf};

use kstdb_cipher::{FileReport, FileState, UnlockOptions, inspect};

use super::access::Access;
use super::{MaintenanceError, staging};
use crate::error::{DatabaseConnectionError, DatabaseError, EncryptionError};
use crate::open::Target;

/// A file that can be replaced by another one.
#[derive(Debug)]
pub(super) struct Found {
    /// Where it is, behind any link.
    pub(super) path: PathBuf,
    pub(super) state: FileState,
}

/// Looks at the file, and removes what a crash has left beside it.
pub(super) fn look(path: &Path, follow_symlinks: bool) -> Result<Found, DatabaseError> {
    let Target::File(path) = Target::new(path)? else {
        return Err(MaintenanceError::InMemory.into());
    };
    let report = inspect(&path)?;
    // Of several names only one would lead to the new file.
    UnlockOptions::new()
        .follow_symlinks(follow_symlinks)
        .check(&report)?;
    let FileReport { target, state, .. } = report;
    let unusable = |reason| {
        let path = path.clone();
        Err(DatabaseConnectionError::UnusablePath { path, reason }.into())
    };
    match state {
        FileState::Missing => {
            return Err(DatabaseConnectionError::NotFound { path }.into());
        }
        FileState::Directory => return unusable("it is a directory"),
        FileState::Special => return unusable("it is not a regular file"),
        FileState::TooSmall => return unusable("it is too small for a database"),
        FileState::Empty => return Err(EncryptionError::EmptyFile { path }.into()),
        _ => {}
    }
    staging::sweep(&target);
    Ok(Found {
        path: target,
        state,
    })
}

/// Says whether the first bytes on disk are those of a file that is read in this way.
pub(super) fn is_kept_by(path: &Path, access: &Access) -> Result<bool, DatabaseError> {
    Ok(match (inspect(path)?.state, access) {
        (FileState::Plaintext { .. }, Access::Plain) => true,
        (FileState::Opaque { salt }, Access::Keyed(key)) => salt == key.derived.salt(),
        _ => false,
    })
}

/// Which file a name leads to.
#[cfg(unix)]
pub(super) fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;

    let found = path.symlink_metadata().ok()?;
    Some((found.dev(), found.ino()))
}

#[cfg(not(unix))]
pub(super) fn identity(path: &Path) -> Option<u64> {
    Some(path.symlink_metadata().ok()?.len())
}
