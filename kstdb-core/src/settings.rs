//! The settings of a database: from the cascade or the program, and the key source that they name.

use std::path::PathBuf;
use std::time::Duration;

use kstdb_cipher::{CredentialSource, KeyFileSource, KeyRequest, KeyringSource, SopsSource};
use kstdb_config::{CipherConfig, DbConfig, KeySourceKind, Loader, Overrides};

use crate::error::DatabaseError;

/// Where the settings come from.
pub(crate) enum ConfigSource {
    Cascade { file: Option<PathBuf> },
    Given(Box<DbConfig>),
}

/// What the program said of the pool; `None` is unsaid.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PoolOverrides {
    pub(crate) min_connections: Option<u32>,
    pub(crate) max_connections: Option<u32>,
    pub(crate) acquire_timeout: Option<Duration>,
    pub(crate) max_attempts: Option<u32>,
    pub(crate) retry_delay: Option<Duration>,
}

impl ConfigSource {
    /// Reads the settings, with what the program said on top.
    pub(crate) fn load(&self, said: PoolOverrides) -> Result<DbConfig, DatabaseError> {
        let mut overrides = Overrides::default();
        overrides.min_size = said.min_connections;
        overrides.max_size = said.max_connections;
        overrides.acquire_timeout = said.acquire_timeout;
        overrides.max_attempts = said.max_attempts;
        overrides.delay = said.retry_delay;
        match self {
            Self::Given(given) => {
                overrides.min_size.get_or_insert(given.pool.min_size);
                overrides.max_size.get_or_insert(given.pool.max_size);
                overrides
                    .acquire_timeout
                    .get_or_insert(given.pool.acquire_timeout);
                overrides
                    .max_attempts
                    .get_or_insert(given.retry.max_attempts);
                overrides.delay.get_or_insert(given.retry.delay);
                let nothing: [(String, String); 0] = [];
                let loader = DbConfig::loader().without_files().env(nothing);
                let mut config = loader.overrides(overrides).load()?;
                config.cipher = given.cipher.clone();
                Ok(config)
            }
            Self::Cascade { file } => {
                let loader = cascade().overrides(overrides);
                let loader = match file {
                    Some(file) => loader.file(file),
                    None => loader,
                };
                Ok(loader.load()?)
            }
        }
    }
}

/// The cascade of settings, with files encrypted by SOPS decrypted; their identity is one of those
/// that sops finds in the environment.
pub fn cascade() -> Loader {
    DbConfig::loader().decrypt_sops_with(|path| {
        kstdb_cipher::decrypt_document(&SopsSource::new(path)).map_err(Into::into)
    })
}

/// A SOPS file, with the identity that the settings name.
pub fn sops_source(path: impl Into<PathBuf>, config: &CipherConfig) -> SopsSource {
    let source = SopsSource::new(path);
    match &config.sops_identity {
        Some(identity) => source.identity(identity),
        None => source,
    }
}

/// The key source that the settings name: `None` unless `db.cipher.enabled` is set.
///
/// A source that lacks what it needs, such as `sops` without a file, is requested all the same, so
/// that asking for it is an error and never an unencrypted database.
#[must_use]
pub fn configured_key(config: &CipherConfig) -> Option<KeyRequest> {
    let request = KeyRequest::new();
    config.enabled.then(|| match config.key_source {
        KeySourceKind::Passphrase => match &config.passphrase {
            Some(passphrase) => request.passphrase(passphrase.clone()),
            None => request,
        },
        KeySourceKind::Sops => match &config.sops_path {
            Some(path) => request.sops(sops_source(path, config).key(&config.sops_key)),
            None => request,
        },
        KeySourceKind::Env => request.env_var(&config.key_env),
        KeySourceKind::File => match &config.key_file {
            Some(path) => request.key_file(KeyFileSource::new(path)),
            None => request,
        },
        KeySourceKind::Credential => request.credential(CredentialSource::new(&config.credential)),
        KeySourceKind::Keyring => request.keyring(KeyringSource::new(
            &config.keyring_service,
            &config.keyring_user,
        )),
        // One that this crate does not know yet yields nothing, and that is an error.
        _ => request,
    })
}
