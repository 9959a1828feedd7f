//! One settings file, from its path to its text: size, kind, decryption, who else may read it.

use std::error::Error;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use crate::error::{ConfigError, FileProblem, Position};
use crate::format::FileFormat;
use crate::limits;

/// Gives the decrypted text of a file that SOPS encrypted.
pub(crate) type Decrypt =
    dyn Fn(&Path) -> Result<SecretString, Box<dyn Error + Send + Sync>> + Send + Sync;

/// A settings file as text.
pub(crate) struct SettingsFile {
    pub(crate) format: FileFormat,
    pub(crate) text: SecretString,
    /// Whether the text came out of a file that SOPS encrypted.
    pub(crate) decrypted: bool,
    /// Whether the file's mode lets its group or everybody read it.
    pub(crate) readable_by_others: bool,
}

impl SettingsFile {
    /// Reads a file, and decrypts one that is named `*.sops.*`. The size is looked at first.
    pub(crate) fn read(path: &Path, decrypt: Option<&Decrypt>) -> Result<Self, ConfigError> {
        let format = FileFormat::of(path).ok_or_else(|| ConfigError::UnsupportedFormat {
            path: path.to_owned(),
            expected: FileFormat::ENDINGS,
        })?;
        let metadata = fs::metadata(path).map_err(|source| unreadable(path, source))?;
        if !metadata.is_file() {
            // Opening a pipe would wait for its writer.
            let source = io::Error::new(io::ErrorKind::InvalidInput, "not a regular file");
            return Err(unreadable(path, source));
        }
        refuse_large(path, metadata.len())?;

        let decrypted = is_encrypted(path);
        let text = if decrypted {
            decrypt_file(path, decrypt)?
        } else {
            read_text(path)?
        };
        Ok(Self {
            format,
            text,
            decrypted,
            readable_by_others: readable_by_others(&metadata),
        })
    }
}

/// Whether the name says that SOPS encrypted the file, as in `app.sops.yml`.
fn is_encrypted(path: &Path) -> bool {
    path.file_stem()
        .and_then(|stem| Path::new(stem).extension())
        .is_some_and(|ending| ending.eq_ignore_ascii_case("sops"))
}

fn decrypt_file(path: &Path, decrypt: Option<&Decrypt>) -> Result<SecretString, ConfigError> {
    let decrypt = decrypt.ok_or_else(|| ConfigError::NoDecryption {
        path: path.to_owned(),
    })?;
    let text = decrypt(path).map_err(|source| ConfigError::Decryption {
        path: path.to_owned(),
        source,
    })?;
    #[expect(clippy::disallowed_methods, reason = "only its length is looked at")]
    let bytes = text.expose_secret().len();
    refuse_large(path, u64::try_from(bytes).unwrap_or(u64::MAX))?;
    Ok(text)
}

fn read_text(path: &Path) -> Result<SecretString, ConfigError> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(limits::FILE_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|source| unreadable(path, source))?;
    // Once more: the file may have grown since its size was asked for.
    refuse_large(path, u64::try_from(bytes.len()).unwrap_or(u64::MAX))?;
    String::from_utf8(bytes)
        .map(SecretString::from)
        .map_err(|error| {
            let valid = error
                .as_bytes()
                .get(..error.utf8_error().valid_up_to())
                .unwrap_or_default();
            ConfigError::Malformed {
                path: path.to_owned(),
                position: Some(Position::behind(&String::from_utf8_lossy(valid))),
                problem: FileProblem::NotUtf8,
            }
        })
}

fn refuse_large(path: &Path, bytes: u64) -> Result<(), ConfigError> {
    if bytes > limits::FILE_BYTES {
        return Err(ConfigError::TooLarge {
            path: path.to_owned(),
        });
    }
    Ok(())
}

fn unreadable(path: &Path, source: io::Error) -> ConfigError {
    let path = path.to_owned();
    match source.kind() {
        io::ErrorKind::NotFound => ConfigError::NotFound { path },
        _ => ConfigError::Read { path, source },
    }
}

#[cfg(unix)]
fn readable_by_others(metadata: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;

    const GROUP_OR_OTHERS_READ: u32 = 0o044;
    metadata.permissions().mode() & GROUP_OR_OTHERS_READ != 0
}

/// Other systems have no mode to look at.
#[cfg(not(unix))]
fn readable_by_others(_: &Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_says_whether_a_file_is_encrypted() {
        for (name, encrypted) in [
            ("app.sops.yml", true),
            ("app.sops.json", true),
            ("dir/app.SOPS.toml", true),
            ("sops.yml", false),
            ("app.yml", false),
            ("app.sops", false),
            ("app.sops.d/app.yml", false),
        ] {
            assert_eq!(is_encrypted(Path::new(name)), encrypted, "{name}");
        }
    }
}
