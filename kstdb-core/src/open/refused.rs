//! What is wrong with a file whatever its key is: one class of error, with a key and without.

use std::path::Path;

use kstdb_cipher::PathProblem;

use crate::error::{DatabaseConnectionError, DatabaseError, EncryptionError, SqliteError};

/// Takes what speaks of the file and its place for an error of the connection; what speaks of the
/// key, or of what is in the file, stays one of encryption.
///
/// `attempts` is how often what can pass is tried.
pub(super) fn refused(path: &Path, attempts: u32, error: EncryptionError) -> DatabaseError {
    let unusable = |reason| DatabaseConnectionError::UnusablePath {
        path: path.to_owned(),
        reason,
    };
    let attempts = if error.is_retryable() { attempts } else { 1 };
    match error {
        EncryptionError::NotFound { path } => DatabaseConnectionError::NotFound { path },
        EncryptionError::ParentNotFound { path } => {
            DatabaseConnectionError::ParentNotFound { path }
        }
        EncryptionError::NotAFile { path } if path.is_dir() => unusable("it is a directory"),
        EncryptionError::NotAFile { .. } => unusable("it is not a regular file"),
        EncryptionError::Symlink { .. } => {
            unusable("it is a symbolic link that is not followed or leads nowhere")
        }
        EncryptionError::HardLink { .. } => unusable("it has several names (hard links)"),
        EncryptionError::UnsafeSidecar { .. } => {
            unusable("its -wal, -shm or -journal is a link or no regular file")
        }
        EncryptionError::OpenToOthers { .. } => unusable("others have access to it"),
        EncryptionError::InvalidPath { problem } => unusable(match problem {
            PathProblem::Empty => "it is empty",
            PathProblem::ContainsNul => "it holds a NUL byte",
            _ => "it is relative, and there is no working directory",
        }),
        EncryptionError::Io { path, source, .. } => DatabaseConnectionError::Io { path, source },
        EncryptionError::Sqlite { source, .. } => DatabaseConnectionError::Open {
            path: path.to_owned(),
            attempts,
            source: SqliteError::of(source),
        },
        other => return other.into(),
    }
    .into()
}
