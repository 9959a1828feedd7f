//! The SOPS file itself: it is there, and it is a regular file.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::SopsError;

/// Gives the absolute path of a regular file.
pub(super) fn absolute(path: &Path) -> Result<PathBuf, SopsError> {
    let found =
        std::path::absolute(path).and_then(|file| file.metadata().map(|metadata| (file, metadata)));
    let path = path.to_path_buf();
    match found {
        Ok((file, metadata)) if metadata.is_file() => Ok(file),
        Ok(_) => Err(SopsError::NotAFile { path }),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(SopsError::FileNotFound { path }),
        Err(source) => Err(SopsError::Io { path, source }),
    }
}
