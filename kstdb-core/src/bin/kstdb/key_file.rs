//! A key in a file that nobody but its owner has access to.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use kstdb_core::cipher::{KeySource, KeySourceError};
use kstdb_core::{CipherKey, SecretString};
use zeroize::Zeroizing;

/// No key is longer. Room is made at once: a buffer that grows leaves copies behind.
const MAX_KEY_BYTES: usize = 64 * 1024;

/// Gives the text of a file as the passphrase, without one newline at its end.
#[derive(Debug)]
pub(crate) struct KeyFile {
    path: PathBuf,
}

/// Why a file gave no key. Never holds anything of the file.
#[derive(Debug, thiserror::Error)]
enum KeyFileError {
    #[error("it cannot be read")]
    Read(#[from] io::Error),
    #[error("its mode {mode:04o} lets others in: `chmod 600` it")]
    OpenToOthers { mode: u32 },
    #[error("it is longer than {MAX_KEY_BYTES} bytes")]
    TooLong,
    #[error("it is not UTF-8")]
    NotUtf8,
}

impl KeyFile {
    pub(crate) fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    fn read(&self) -> Result<SecretString, KeyFileError> {
        let file = open_private(&self.path)?;
        let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_KEY_BYTES + 1));
        let limit = u64::try_from(MAX_KEY_BYTES + 1).unwrap_or(u64::MAX);
        file.take(limit).read_to_end(&mut bytes)?;
        if bytes.len() > MAX_KEY_BYTES {
            return Err(KeyFileError::TooLong);
        }
        let text = std::str::from_utf8(&bytes).map_err(|_| KeyFileError::NotUtf8)?;
        Ok(text.strip_suffix('\n').unwrap_or(text).into())
    }
}

impl KeySource for KeyFile {
    fn resolve(&self) -> Result<CipherKey, KeySourceError> {
        let text = self
            .read()
            .map_err(|error| KeySourceError::custom(self.describe(), error))?;
        CipherKey::passphrase(text).map_err(|source| KeySourceError::Key {
            origin: self.describe(),
            source,
        })
    }

    fn describe(&self) -> String {
        format!("the key file {}", self.path.display())
    }
}

/// Opens the file, then looks at what is open: a name can lead elsewhere a moment later.
#[cfg(unix)]
fn open_private(path: &Path) -> Result<File, KeyFileError> {
    use std::os::unix::fs::PermissionsExt as _;

    const OTHERS: u32 = 0o077;
    let file = File::open(path)?;
    let mode = file.metadata()?.permissions().mode() & 0o7777;
    if mode & OTHERS == 0 {
        Ok(file)
    } else {
        Err(KeyFileError::OpenToOthers { mode })
    }
}

#[cfg(not(unix))]
fn open_private(path: &Path) -> Result<File, KeyFileError> {
    Ok(File::open(path)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<CipherKey, Box<dyn std::error::Error>> {
        // Of mode 0600.
        let file = tempfile::NamedTempFile::new()?;
        std::fs::write(file.path(), bytes)?;
        Ok(KeyFile::new(file.path()).resolve()?)
    }

    #[test]
    fn a_key_is_text_of_a_bounded_length() {
        assert!(read(b"sesame\n").is_ok());
        assert!(read(&[b'a'; MAX_KEY_BYTES]).is_ok());
        for bad in [
            &b""[..],
            b"\n",
            b"\xff",
            b"a\0b",
            &[b'a'; MAX_KEY_BYTES + 1],
        ] {
            assert!(read(bad).is_err(), "{:?}", bad.first());
        }
    }

    #[test]
    fn one_newline_and_no_more_is_left_out() -> Result<(), Box<dyn std::error::Error>> {
        use kstdb_core::cipher::KeyKind;

        let raw = format!("x'{}'", "0a".repeat(32));
        assert_eq!(read(raw.as_bytes())?.kind(), KeyKind::RawKey);
        assert_eq!(read(format!("{raw}\n").as_bytes())?.kind(), KeyKind::RawKey);
        assert_eq!(
            read(format!("{raw}\n\n").as_bytes())?.kind(),
            KeyKind::Passphrase
        );
        Ok(())
    }
}
