//! A key in a file that nobody but its owner has access to.

use std::path::PathBuf;

use super::private_file::{self, Access};
use super::{KeySource, KeySourceError};
use crate::CipherKey;

/// Gives the text of a file as the passphrase, without one newline at its end.
///
/// The text is UTF-8, at most [`MAX_BYTES`](Self::MAX_BYTES) long, and used as it stands apart from
/// that newline, which editors add. Text of the form `x'<64 hex digits>'` is a raw key, as in
/// [`CipherKey::passphrase`].
///
/// A symbolic link is followed, because that is how secrets are mounted into containers: what the
/// link leads to is what must be private. A pipe is read to its end, so that a shell can give
/// `<(pass show db)`; directories, devices and sockets are refused.
///
/// # Security
///
/// On Unix the file must belong to the user of this process or to root, and group and others must
/// have no access to it. Both are asked of the open file and not of its name, which can lead
/// elsewhere a moment later. Elsewhere access is the system's affair and is not looked at.
///
/// # Example
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use kstdb_cipher::{KeyFileSource, KeyKind, KeySource};
///
/// // Of mode 0600.
/// let file = tempfile::NamedTempFile::new()?;
/// std::fs::write(&file, "correct horse battery staple\n")?;
/// assert_eq!(KeyFileSource::new(file.path()).resolve()?.kind(), KeyKind::Passphrase);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFileSource {
    path: PathBuf,
}

impl KeyFileSource {
    /// The longest text that is taken for a key, in bytes: 64 KiB.
    pub const MAX_BYTES: usize = private_file::MAX_BYTES;

    /// Names the file. A relative path starts at the working directory.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }
}

impl KeySource for KeyFileSource {
    fn resolve(&self) -> Result<CipherKey, KeySourceError> {
        private_file::read_key(&self.path, Access::OwnerOnly, || self.describe())
    }

    fn describe(&self) -> String {
        format!("the key file {}", self.path.display())
    }
}
