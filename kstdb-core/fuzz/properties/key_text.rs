//! Text and key files: each is the key that SQLCipher would take it for, or a typed error, and is
//! never printed.

use std::error::Error;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;

use kstdb_cipher::secrecy::SecretBox;
use kstdb_cipher::{
    CipherCompatibility, CipherKey, DerivedKey, KeyError, KeyFileError, KeyFileSource, KeyKind,
    KeySource as _, KeySourceError, RAW_KEY_BYTES, SALT_BYTES,
};

use super::scratch;

/// The salt of the file, where a key brings none.
const FILE_SALT: [u8; SALT_BYTES] = [7; SALT_BYTES];

/// Takes the input for text, and for what stands in a key file.
pub(crate) fn check(input: &[u8]) -> io::Result<()> {
    let text = std::str::from_utf8(input).ok();
    if let Some(text) = text {
        let expected = Expected::of(text);
        match CipherKey::passphrase(text) {
            Ok(key) => expected.key(&key),
            Err(error) => assert_eq!(expected, Expected::Refused(error)),
        }
    }
    let folder = scratch::folder()?;
    let path = folder.path().join("key");
    write_private(&path, input)?;
    match KeyFileSource::new(&path).resolve() {
        Ok(key) => {
            let text = text.unwrap_or_else(|| panic!("a key out of what is no text"));
            assert!(input.len() <= KeyFileSource::MAX_BYTES);
            Expected::of(text.strip_suffix('\n').unwrap_or(text)).key(&key);
        }
        Err(error) => refused_file(&error, &path, input, text),
    }
    Ok(())
}

#[cfg(unix)]
fn write_private(path: &Path, input: &[u8]) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(input)
}

#[cfg(not(unix))]
fn write_private(path: &Path, input: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create_new(true).open(path)?;
    file.write_all(input)
}

/// What a text is, read a second time and in another way.
#[derive(Debug, PartialEq, Eq)]
enum Expected {
    Passphrase,
    Raw([u8; RAW_KEY_BYTES], Option<[u8; SALT_BYTES]>),
    Refused(KeyError),
}

impl Expected {
    fn of(text: &str) -> Self {
        if text.is_empty() {
            return Self::Refused(KeyError::Empty);
        }
        if text.contains('\0') {
            return Self::Refused(KeyError::ContainsNul);
        }
        let body = text
            .strip_prefix("x'")
            .or_else(|| text.strip_prefix("X'"))
            .and_then(|body| body.strip_suffix('\''));
        let Some(bytes) = body.and_then(hex) else {
            return Self::Passphrase;
        };
        match bytes.len() {
            RAW_KEY_BYTES => Self::Raw(array(&bytes), None),
            48 => Self::Raw(array(&bytes[..32]), Some(array(&bytes[32..]))),
            80 => Self::Refused(KeyError::RawHmacKey),
            _ => Self::Passphrase,
        }
    }

    /// Holds a key against what is expected, and what is printed of it against what may be.
    fn key(&self, key: &CipherKey) {
        let kind = match self {
            Self::Passphrase => KeyKind::Passphrase,
            Self::Raw(_, None) => KeyKind::RawKey,
            Self::Raw(_, Some(_)) => KeyKind::RawKeyWithSalt,
            Self::Refused(error) => panic!("a key where there should be: {error}"),
        };
        assert_eq!(
            format!("{key:?}"),
            format!("CipherKey {{ kind: {kind:?}, .. }}")
        );
        if let Self::Raw(bytes, salt) = self {
            let derive =
                |key: &CipherKey| DerivedKey::derive(key, FILE_SALT, CipherCompatibility::V4);
            let bytes = SecretBox::new(Box::new(*bytes));
            let expected = match salt {
                Some(salt) => CipherKey::raw_key_with_salt(bytes, *salt),
                None => CipherKey::raw_key(bytes),
            };
            assert!(derive(key).is_same_as(&derive(&expected)), "other bytes");
        }
    }
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = text
        .chars()
        .map(|c| c.to_digit(16))
        .collect::<Option<_>>()?;
    let pairs = digits.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    pairs
        .map(|pair| u8::try_from(pair[0] * 16 + pair[1]).ok())
        .collect()
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(bytes);
    array
}

/// The error fits the file, and its text depends on nothing but its kind.
fn refused_file(error: &KeySourceError, path: &Path, input: &[u8], text: Option<&str>) {
    let origin = format!("the key file {}", path.display());
    let expected = match error {
        KeySourceError::File { source, .. } => match source {
            KeyFileError::TooLong => {
                assert!(input.len() > KeyFileSource::MAX_BYTES);
                format!("{origin} gave no key: it is longer than 65536 bytes")
            }
            KeyFileError::NotUtf8 => {
                assert!(text.is_none());
                format!("{origin} gave no key: it is not UTF-8")
            }
            other => panic!("a private file: {other}"),
        },
        KeySourceError::Key { source, .. } => {
            let text = text.unwrap_or_else(|| panic!("not text, and {source}"));
            let text = text.strip_suffix('\n').unwrap_or(text);
            assert_eq!(Expected::of(text), Expected::Refused(*source));
            format!("{origin} cannot be used: {source}")
        }
        other => panic!("another source: {other}"),
    };
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        said = format!("{said}: {error}");
        cause = error.source();
    }
    assert_eq!(said, expected);
}
