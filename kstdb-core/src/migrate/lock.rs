//! The lock that keeps two processes from migrating one database at once.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

use backon::{ConstantBuilder, Retryable};

use super::MigrationError;
use crate::open::{lock_path, open_lock_file};

/// What is added to the name of the database.
const SUFFIX: &str = "-migrate-lock";

/// The pause between two tries to lock.
const PAUSE: Duration = Duration::from_millis(20);

/// Held while migrating; released when dropped, also by a crash.
#[derive(Debug)]
pub(super) struct MigrationLock {
    _file: File,
}

impl MigrationLock {
    /// Waits for the lock of a database file.
    pub(super) async fn acquire(database: &Path, limit: Duration) -> Result<Self, MigrationError> {
        let path = lock_path(database, SUFFIX);
        let file = open_lock_file(&path).map_err(|source| MigrationError::Lock {
            lock: path.clone(),
            source,
        })?;
        let tries = usize::try_from(limit.as_millis() / PAUSE.as_millis()).unwrap_or(usize::MAX);
        let locked = (async || file.try_lock())
            .retry(
                ConstantBuilder::new()
                    .with_delay(PAUSE)
                    .with_max_times(tries),
            )
            .when(|error| matches!(error, TryLockError::WouldBlock))
            .await;
        match locked {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(MigrationError::Locked {
                lock: path,
                waited: limit,
            }),
            Err(TryLockError::Error(source)) => Err(MigrationError::Lock { lock: path, source }),
        }
    }
}
