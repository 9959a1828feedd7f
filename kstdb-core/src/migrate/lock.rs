//! The lock that keeps two processes from migrating one database at once.
//!
//! It is a file of its own beside the database: closing any descriptor of the database file itself
//! would drop the locks that SQLite holds on it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use backon::{ConstantBuilder, Retryable};

use super::MigrationError;
use crate::open::create_private;

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
        let path = lock_path(database);
        let file = open(&path).map_err(|source| MigrationError::Lock {
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

/// The file beside the database that is locked: `app.db-migrate-lock`.
fn lock_path(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-migrate-lock");
    name.into()
}

fn open(path: &Path) -> io::Result<File> {
    match create_private(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            if path.symlink_metadata()?.is_file() {
                OpenOptions::new().read(true).write(true).open(path)
            } else {
                Err(io::Error::new(
                    io::ErrorKind::InvalidInput,
                    "it is not a regular file",
                ))
            }
        }
        opened => opened,
    }
}
