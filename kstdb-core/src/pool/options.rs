//! The limits of a pool, as they are used.

use std::time::Duration;

use backon::{ConstantBuilder, Retryable};
use kstdb_config::DbConfig;

use crate::error::DatabaseError;

/// The limits that a pool runs with: those of the settings, clamped, and one connection for a
/// database in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolLimits {
    /// Connections opened at once. Default 1, range 0 to 10.
    pub min_connections: u32,
    /// The most connections that are open. Default 10, range 1 to 100.
    pub max_connections: u32,
    /// The longest wait for a connection or the writer turn. Default 30 s, range 1 s to 300 s.
    pub acquire_timeout: Duration,
    /// How often opening a connection is tried. Default 3, range 1 to 10.
    pub max_attempts: u32,
    /// The pause between two attempts. Default 0.5 s, range 0.1 s to 60 s.
    pub retry_delay: Duration,
}

impl PoolLimits {
    pub(crate) fn new(config: &DbConfig, in_memory: bool) -> Self {
        let most = if in_memory { 1 } else { u32::MAX };
        Self {
            min_connections: config.pool.min_size.min(most),
            max_connections: config.pool.max_size.min(most),
            acquire_timeout: config.pool.acquire_timeout,
            max_attempts: config.retry.max_attempts,
            retry_delay: config.retry.delay,
        }
    }

    /// Tries again what can pass: a lock of another process, a file that cannot be opened now.
    pub(crate) async fn retry<T, F>(&self, attempt: impl FnMut() -> F) -> Result<T, DatabaseError>
    where
        F: Future<Output = Result<T, DatabaseError>>,
    {
        let more_attempts = self.max_attempts.saturating_sub(1);
        let pause = ConstantBuilder::new()
            .with_delay(self.retry_delay)
            .with_max_times(usize::try_from(more_attempts).unwrap_or(usize::MAX));
        attempt
            .retry(pause)
            .when(DatabaseError::is_retryable)
            .notify(|error, pause| {
                tracing::warn!(%error, ?pause, "cannot open a connection, trying again");
            })
            .await
    }
}
