//! From what was said to an open pool.

use std::sync::Arc;

use kstdb_cipher::{CipherKey, resolve_cipher_key};
use kstdb_config::CipherConfig;
use tracing::Instrument as _;

use super::DatabaseBuilder;
use crate::blocking;
use crate::error::{DatabaseConnectionError, DatabaseError};
use crate::open::{self, KeySlot, Proof, Target};
use crate::pool::{ConnectionPool, PoolLimits};
use crate::session::SessionSettings;
use crate::settings::configured_key;

impl DatabaseBuilder {
    pub(crate) async fn open(self: Arc<Self>) -> Result<ConnectionPool, DatabaseError> {
        let span = tracing::info_span!("open", path = %self.path.display());
        self.open_unseen().instrument(span).await
    }

    async fn open_unseen(self: Arc<Self>) -> Result<ConnectionPool, DatabaseError> {
        // Reading files, running `sops` and deriving a key all block.
        let prepared = on_a_thread({
            let builder = Arc::clone(&self);
            move || builder.prepare()
        });
        let (target, key, limits) = prepared.await?;
        let prove = || {
            let (target, key, rules) = (target.clone(), key.clone(), self.rules);
            let (cache, attempts) = (self.key_cache.clone(), limits.max_attempts);
            on_a_thread(move || {
                open::prove(&target, key.as_deref(), rules, cache.as_ref(), attempts)
            })
        };
        let Proof {
            target: file,
            key: file_key,
        } = limits.retry(prove).await?;
        // From here on there is one copy of the key, in its slot.
        drop(key);
        let settings = SessionSettings {
            encrypted: file_key.is_some(),
            in_memory: target.is_memory(),
            mode: self.rules.mode,
            synchronous: self.synchronous,
            foreign_keys: self.foreign_keys,
            busy_timeout: self.busy_timeout,
            cache_bytes: self.cache_bytes,
            slow_statement: self.slow_statement,
            several_writers: self.several_writers,
            on_connect: self.on_connect.clone(),
        };
        let slot = KeySlot::new(file_key);
        let opened = open::build(file, slot, settings, limits)?;
        ConnectionPool::open(opened).await
    }

    fn prepare(&self) -> Result<(Target, Option<Arc<CipherKey>>, PoolLimits), DatabaseError> {
        let target = Target::new(&self.path)?;
        let config = self.config.load(self.overrides)?;
        let key = self.resolve_key(&config.cipher)?;
        let limits = PoolLimits::new(&config, target.is_memory());
        Ok((target, key, limits))
    }

    fn resolve_key(&self, config: &CipherConfig) -> Result<Option<Arc<CipherKey>>, DatabaseError> {
        if let Some(key) = &self.key {
            return Ok(Some(Arc::clone(key)));
        }
        let resolved = match (&self.key_source, configured_key(config)) {
            (Some(source), _) if self.key_request.passphrase.is_none() => source.resolve(),
            _ if self.names_a_key() => resolve_cipher_key(&self.key_request),
            (_, Some(configured)) => resolve_cipher_key(&configured),
            _ => return Ok(None),
        };
        Ok(Some(Arc::new(
            resolved.map_err(kstdb_cipher::CipherError::from)?,
        )))
    }
}

/// Runs what blocks where blocking is allowed.
async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, DatabaseError> + Send + 'static,
) -> Result<T, DatabaseError> {
    let done = blocking::spawn(work).await;
    done.map_err(|_| DatabaseConnectionError::RuntimeShutdown)?
}
