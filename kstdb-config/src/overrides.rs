//! Settings that the program itself gives: the highest layer.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use crate::convert::NOT_EMPTY;
use crate::error::ConfigError;
use crate::merge::{Given, Partial};
use crate::model::KeySourceKind;
use crate::provenance::Layer;

/// What the program was told, above every file and variable.
///
/// `None` is "not given". A value that equals the built-in default is given all the same, and
/// wins. Numbers are clamped like those of any other layer.
///
/// # Security
/// `Debug` redacts the passphrase.
///
/// # Example
/// ```
/// use kstdb_config::{DbConfig, Layer, Overrides};
///
/// # fn main() -> Result<(), kstdb_config::ConfigError> {
/// let mut overrides = Overrides::default();
/// overrides.max_size = Some(20);
/// let config = DbConfig::loader().without_files().env([("", ""); 0]).overrides(overrides).load()?;
/// assert_eq!(config.pool.max_size, 20);
/// assert_eq!(config.origin("db.pool.max_size"), Some(&Layer::Code));
/// # Ok(())
/// # }
/// ```
#[derive(Default)]
#[non_exhaustive]
pub struct Overrides {
    /// `db.pool.min_size`: connections that are kept open.
    pub min_size: Option<u32>,
    /// `db.pool.max_size`: connections that may be open.
    pub max_size: Option<u32>,
    /// `db.pool.acquire_timeout`: longest wait for a free connection.
    pub acquire_timeout: Option<Duration>,
    /// `db.retry.max_attempts`: attempts in all, the first one included.
    pub max_attempts: Option<u32>,
    /// `db.retry.delay`: pause between two attempts.
    pub delay: Option<Duration>,
    /// `db.cipher.enabled`: whether the database is encrypted.
    pub cipher_enabled: Option<bool>,
    /// `db.cipher.key_source`: where the key comes from.
    pub key_source: Option<KeySourceKind>,
    /// `db.cipher.key_env`: the environment variable that holds the key.
    pub key_env: Option<String>,
    /// `db.cipher.sops_path`: the SOPS file that holds the key; relative to the working directory.
    pub sops_path: Option<PathBuf>,
    /// `db.cipher.sops_key`: the key of the SOPS file under which the database key stands.
    pub sops_key: Option<String>,
    /// `db.cipher.sops_identity`: the file of age identities that is tried first; relative to the
    /// working directory.
    pub sops_identity: Option<PathBuf>,
    /// `db.cipher.key_file`: the file that holds the key; relative to the working directory.
    pub key_file: Option<PathBuf>,
    /// `db.cipher.credential`: the credential of the service manager that holds the key.
    pub credential: Option<String>,
    /// `db.cipher.keyring_service`: the service of the entry in the keyring.
    pub keyring_service: Option<String>,
    /// `db.cipher.keyring_user`: the user of the entry in the keyring.
    pub keyring_user: Option<String>,
    /// `db.cipher.passphrase`: the passphrase itself.
    pub passphrase: Option<SecretString>,
}

impl Overrides {
    /// The layer of these settings; a relative path starts at the working directory.
    pub(crate) fn into_partial(self, working_dir: &Path) -> Result<Partial, ConfigError> {
        let Self {
            min_size,
            max_size,
            acquire_timeout,
            max_attempts,
            delay,
            cipher_enabled,
            key_source,
            key_env,
            sops_path,
            sops_key,
            sops_identity,
            key_file,
            credential,
            keyring_service,
            keyring_user,
            passphrase,
        } = self;
        for (key, text) in [
            ("db.cipher.key_env", &key_env),
            ("db.cipher.sops_key", &sops_key),
            ("db.cipher.credential", &credential),
            ("db.cipher.keyring_service", &keyring_service),
            ("db.cipher.keyring_user", &keyring_user),
        ] {
            refuse_empty(key, text.as_ref(), String::is_empty)?;
        }
        for (key, path) in [
            ("db.cipher.sops_path", &sops_path),
            ("db.cipher.sops_identity", &sops_identity),
            ("db.cipher.key_file", &key_file),
        ] {
            refuse_empty(key, path.as_ref(), |path| path.as_os_str().is_empty())?;
        }
        refuse_empty("db.cipher.passphrase", passphrase.as_ref(), |secret| {
            #[expect(clippy::disallowed_methods, reason = "only its length is looked at")]
            secret.expose_secret().is_empty()
        })?;
        Ok(Partial {
            min_size: given(min_size.map(i64::from)),
            max_size: given(max_size.map(i64::from)),
            acquire_timeout: given(acquire_timeout.map(|timeout| timeout.as_secs_f64())),
            max_attempts: given(max_attempts.map(i64::from)),
            delay: given(delay.map(|delay| delay.as_secs_f64())),
            enabled: given(cipher_enabled),
            key_source: given(key_source),
            key_env: given(key_env),
            sops_path: given(sops_path.map(|path| working_dir.join(path))),
            sops_key: given(sops_key),
            sops_identity: given(sops_identity.map(|path| working_dir.join(path))),
            key_file: given(key_file.map(|path| working_dir.join(path))),
            credential: given(credential),
            keyring_service: given(keyring_service),
            keyring_user: given(keyring_user),
            passphrase: given(passphrase),
        })
    }
}

impl fmt::Debug for Overrides {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Overrides")
            .field("min_size", &self.min_size)
            .field("max_size", &self.max_size)
            .field("acquire_timeout", &self.acquire_timeout)
            .field("max_attempts", &self.max_attempts)
            .field("delay", &self.delay)
            .field("cipher_enabled", &self.cipher_enabled)
            .field("key_source", &self.key_source)
            .field("key_env", &self.key_env)
            .field("sops_path", &self.sops_path)
            .field("sops_key", &self.sops_key)
            .field("sops_identity", &self.sops_identity)
            .field("key_file", &self.key_file)
            .field("credential", &self.credential)
            .field("keyring_service", &self.keyring_service)
            .field("keyring_user", &self.keyring_user)
            .field(
                "passphrase",
                &self.passphrase.as_ref().map(|_| "[redacted]"),
            )
            .finish_non_exhaustive()
    }
}

fn given<T>(value: Option<T>) -> Option<Given<T>> {
    value.map(|value| Given {
        value,
        layer: Layer::Code,
    })
}

fn refuse_empty<T>(
    key: &str,
    value: Option<&T>,
    is_empty: impl FnOnce(&T) -> bool,
) -> Result<(), ConfigError> {
    if value.is_some_and(is_empty) {
        return Err(ConfigError::WrongType {
            layer: Layer::Code,
            key: key.to_owned(),
            expected: NOT_EMPTY,
            found: "empty text",
        });
    }
    Ok(())
}
