//! The settings as the other crates use them.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use crate::error::ConfigError;
use crate::loader::Loader;
use crate::merge::Partial;
use crate::provenance::{Layer, SettingReport};

/// The settings of a database: pool, retry and cipher, and where each came from.
///
/// Every number is inside its hard limit of [`limits`](crate::limits).
///
/// # Security
/// `Debug` and the reports redact the passphrase. A clone holds a copy of it, which is wiped on
/// its own when dropped.
///
/// # Example
/// ```
/// let config = kstdb_config::DbConfig::default();
/// assert_eq!(config.pool.max_size, 10);
/// assert_eq!(config.retry.max_attempts, 3);
/// assert!(!config.cipher.enabled);
/// ```
#[non_exhaustive]
pub struct DbConfig {
    /// The connection pool: `db.pool`.
    pub pool: PoolConfig,
    /// Opening a connection again after a failure: `db.retry`.
    pub retry: RetryConfig,
    /// Encryption and where its key comes from: `db.cipher`.
    pub cipher: CipherConfig,
    reports: Vec<SettingReport>,
}

impl DbConfig {
    /// Loads the settings from the files and variables of this process.
    ///
    /// # Errors
    /// Those of [`Loader::load`].
    pub fn load() -> Result<Self, ConfigError> {
        Self::loader().load()
    }

    /// Starts a loader, which can be told where to look and what to prefer.
    pub fn loader() -> Loader {
        Loader::new()
    }

    /// Every setting with its value, its layer and its clamp, as they were loaded.
    ///
    /// A field that the program changed afterwards does not show: give such values to the loader
    /// as [`Overrides`](crate::Overrides).
    pub fn settings(&self) -> impl Iterator<Item = &SettingReport> {
        self.reports.iter()
    }

    /// The layer that set `key`, such as `db.pool.max_size`; `None` if that is no setting.
    #[must_use]
    pub fn origin(&self, key: &str) -> Option<&Layer> {
        self.settings()
            .find(|report| report.key == key)
            .map(|report| &report.layer)
    }

    pub(crate) fn new(
        pool: PoolConfig,
        retry: RetryConfig,
        cipher: CipherConfig,
        reports: Vec<SettingReport>,
    ) -> Self {
        Self {
            pool,
            retry,
            cipher,
            reports,
        }
    }
}

impl Default for DbConfig {
    /// The built-in defaults, without a look at files or variables.
    fn default() -> Self {
        Partial::default().resolve()
    }
}

// By hand, as every `Clone` and `Debug` of a type that reaches a secret: none comes by accident.
impl Clone for DbConfig {
    fn clone(&self) -> Self {
        let Self {
            pool,
            retry,
            cipher,
            reports,
        } = self;
        Self::new(pool.clone(), retry.clone(), cipher.clone(), reports.clone())
    }
}

impl fmt::Debug for DbConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DbConfig")
            .field("pool", &self.pool)
            .field("retry", &self.retry)
            .field("cipher", &self.cipher)
            .finish_non_exhaustive()
    }
}

/// How many connections a pool holds, and how long one waits for a free one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolConfig {
    /// Connections that are kept open. Default 1, limits 0 to 10, never more than `max_size`.
    pub min_size: u32,
    /// Connections that may be open. Default 10, limits 1 to 100.
    pub max_size: u32,
    /// Longest wait for a free connection. Default 30 s, limits 1 s to 300 s.
    pub acquire_timeout: Duration,
}

impl Default for PoolConfig {
    fn default() -> Self {
        Self {
            min_size: 1,
            max_size: 10,
            acquire_timeout: Duration::from_secs(30),
        }
    }
}

/// How often and how fast a connection that could not be opened is tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryConfig {
    /// Attempts in all, the first one included: 1 never retries. Default 3, limits 1 to 10.
    pub max_attempts: u32,
    /// Pause between two attempts. Default 0.5 s, limits 0.1 s to 60 s.
    pub delay: Duration,
}

impl Default for RetryConfig {
    fn default() -> Self {
        Self {
            max_attempts: 3,
            delay: Duration::from_millis(500),
        }
    }
}

/// Whether the database is encrypted, and where its key comes from.
///
/// # Security
/// `Debug` redacts the passphrase.
#[non_exhaustive]
pub struct CipherConfig {
    /// Whether the database is encrypted. Default `false`.
    pub enabled: bool,
    /// Where the key comes from. Default [`KeySourceKind::Env`].
    pub key_source: KeySourceKind,
    /// The environment variable that holds the key. Default `KSTLIB_DB_KEY`.
    pub key_env: String,
    /// The SOPS file that holds the key. Default none. A relative path in a settings file starts
    /// at the directory of that file, any other at the working directory.
    pub sops_path: Option<PathBuf>,
    /// The key of the SOPS file under which the database key stands. Default `db_key`.
    pub sops_key: String,
    /// The file with age identities, or with one SSH key, that is tried first on the SOPS file.
    /// Default none. Relative as `sops_path` is.
    pub sops_identity: Option<PathBuf>,
    /// The file that holds the key. Default none. A relative path starts where that of `sops_path`
    /// does.
    pub key_file: Option<PathBuf>,
    /// The credential of the service manager that holds the key. Default `db_key`.
    pub credential: String,
    /// The service of the entry in the operating system's keyring. Default `kstdb`.
    pub keyring_service: String,
    /// The user of the entry in the operating system's keyring. Default `db_key`.
    pub keyring_user: String,
    /// The passphrase itself. Default none. Never empty when it was loaded.
    pub passphrase: Option<SecretString>,
}

impl Default for CipherConfig {
    fn default() -> Self {
        Self {
            enabled: false,
            key_source: KeySourceKind::Env,
            key_env: "KSTLIB_DB_KEY".to_owned(),
            sops_path: None,
            sops_key: "db_key".to_owned(),
            sops_identity: None,
            key_file: None,
            credential: "db_key".to_owned(),
            keyring_service: "kstdb".to_owned(),
            keyring_user: "db_key".to_owned(),
            passphrase: None,
        }
    }
}

impl Clone for CipherConfig {
    fn clone(&self) -> Self {
        let Self {
            enabled,
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
        Self {
            enabled: *enabled,
            key_source: *key_source,
            key_env: key_env.clone(),
            sops_path: sops_path.clone(),
            sops_key: sops_key.clone(),
            sops_identity: sops_identity.clone(),
            key_file: key_file.clone(),
            credential: credential.clone(),
            keyring_service: keyring_service.clone(),
            keyring_user: keyring_user.clone(),
            passphrase: passphrase.clone(),
        }
    }
}

impl fmt::Debug for CipherConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CipherConfig")
            .field("enabled", &self.enabled)
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

/// Where the key of an encrypted database comes from: `db.cipher.key_source`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeySourceKind {
    /// The environment variable `db.cipher.key_env` names: `env`.
    Env,
    /// A file encrypted by SOPS, `db.cipher.sops_path`: `sops`.
    Sops,
    /// The passphrase in `db.cipher.passphrase`: `passphrase`.
    Passphrase,
    /// The private file `db.cipher.key_file`: `file`.
    File,
    /// The credential of the service manager that `db.cipher.credential` names: `credential`.
    Credential,
    /// The entry in the operating system's keyring that `db.cipher.keyring_service` and
    /// `db.cipher.keyring_user` name: `keyring`.
    Keyring,
}

impl KeySourceKind {
    /// What a settings file can say, for messages.
    pub(crate) const NAMES: &str = "`env`, `sops`, `passphrase`, `file`, `credential` or `keyring`";

    const ALL: [Self; 6] = [
        Self::Env,
        Self::Sops,
        Self::Passphrase,
        Self::File,
        Self::Credential,
        Self::Keyring,
    ];

    /// The name of the source in a settings file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Env => "env",
            Self::Sops => "sops",
            Self::Passphrase => "passphrase",
            Self::File => "file",
            Self::Credential => "credential",
            Self::Keyring => "keyring",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

impl fmt::Display for KeySourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
