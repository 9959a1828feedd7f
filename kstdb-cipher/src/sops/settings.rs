//! Which file, which value, which program, and its limits.

use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;
use zeroize::Zeroizing;

use super::json::{NotJson, Picked, pick};
use super::key_path::KeyPath;
use super::{SopsError, program};
use crate::{CipherKey, KeySource, KeySourceError};

const DEFAULT_KEY: &str = "db_key";
const DEFAULT_PROGRAM: &str = "sops";
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
const DEFAULT_MAX_OUTPUT_BYTES: usize = 1024 * 1024;
const OUTPUT_BYTES_CEILING: usize = 64 * 1024 * 1024;

/// Gives a value of a SOPS file as the passphrase, with the help of the `sops` program.
///
/// The value must be a string that is not empty: a number, a boolean, a list or a mapping does not
/// become a key. Every format that `sops` knows by its file name works.
///
/// # Security
///
/// The program runs without a shell, with fixed arguments and nothing on its standard input. What
/// it prints goes into a buffer that is wiped; what it prints as errors, which can contain values
/// of the file, is thrown away.
///
/// # Example
///
/// ```no_run
/// use std::time::Duration;
/// use kstdb_cipher::{KeySource, KeySourceError, SopsSource};
///
/// let source = SopsSource::new("secrets.yml").key("prod.db_key").timeout(Duration::from_secs(5));
/// let key = source.resolve()?;
/// # Ok::<(), KeySourceError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a source does nothing until it is resolved"]
pub struct SopsSource {
    path: PathBuf,
    key: String,
    program: PathBuf,
    timeout: Duration,
    max_output_bytes: usize,
}

impl SopsSource {
    /// Names the file; everything else has its default.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            key: DEFAULT_KEY.to_owned(),
            program: DEFAULT_PROGRAM.into(),
            timeout: DEFAULT_TIMEOUT,
            max_output_bytes: DEFAULT_MAX_OUTPUT_BYTES,
        }
    }

    /// Names the value: `prod.db_key`, or `["prod"]["db.key"]` for a key with dots. Default:
    /// `db_key`.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = key.into();
        self
    }

    /// Names the program: a name that is looked up in `PATH`, or an absolute path. Default: `sops`.
    pub fn program(mut self, program: impl Into<PathBuf>) -> Self {
        self.program = program.into();
        self
    }

    /// Limits the time that the program may take. Default: 30 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Limits the size of the decrypted document, in bytes. Default: 1 MiB; at most 64 MiB, which
    /// larger values are taken for.
    pub fn max_output_bytes(mut self, max_output_bytes: usize) -> Self {
        self.max_output_bytes = max_output_bytes.min(OUTPUT_BYTES_CEILING);
        self
    }

    /// Gives the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Runs the program and gives what it printed.
    fn decrypt(&self) -> Result<Zeroizing<Vec<u8>>, SopsError> {
        let program = program::find(&self.program)?;
        program::decrypt(&program, &self.path, self.timeout, self.max_output_bytes)
    }

    fn pick_value(&self) -> Result<SecretString, SopsError> {
        let name = KeyPath::parse(&self.key).map_err(|problem| SopsError::KeyPath {
            key: self.key.clone(),
            problem,
        })?;
        let document = self.decrypt()?;
        let (path, key) = (self.path.clone(), self.key.clone());
        match pick(&document, &name) {
            Ok(Picked::Value(value)) => Ok(value),
            Ok(Picked::Empty) => Err(SopsError::EmptyValue { path, key }),
            Ok(Picked::Other(found)) => Err(SopsError::NotAString { path, key, found }),
            Ok(Picked::Absent) => Err(SopsError::KeyNotFound { path, key }),
            Ok(Picked::Ambiguous) => Err(SopsError::AmbiguousKey { path, key }),
            Err(NotJson) => Err(SopsError::NotJson { path }),
        }
    }
}

impl KeySource for SopsSource {
    fn resolve(&self) -> Result<CipherKey, KeySourceError> {
        CipherKey::passphrase(self.pick_value()?).map_err(|source| KeySourceError::Key {
            origin: self.describe(),
            source,
        })
    }

    fn describe(&self) -> String {
        format!(
            "the value {:?} of the SOPS file {}",
            self.key,
            self.path.display()
        )
    }
}

/// Decrypts a whole SOPS file to JSON, for a configuration that is encrypted.
///
/// The [key name](SopsSource::key) plays no part. This blocks while the program runs.
///
/// # Errors
///
/// As [`SopsSource`], but for the variants about the value. The text is UTF-8 and otherwise not
/// checked.
///
/// # Security
///
/// The text is wiped when it is dropped.
pub fn decrypt_document(source: &SopsSource) -> Result<SecretString, SopsError> {
    let document = source.decrypt()?;
    std::str::from_utf8(&document)
        .map(SecretString::from)
        .map_err(|_| SopsError::NotJson {
            path: source.path.clone(),
        })
}
