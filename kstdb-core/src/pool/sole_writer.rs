//! One writing process, where SQLite cannot bear more.
//!
//! Before 3.51.3 a connection that checkpoints while another one commits can damage a database (the
//! WAL-reset bug). The writer turn keeps the connections of one process apart; between processes
//! of kstdb it is this lock, which a process takes with its first write and keeps as long as it
//! has the database open. Processes that only read do neither. Other programs know nothing of it.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, PoisonError};
use std::time::Duration;

use backon::{ConstantBuilder, Retryable};

use super::inner::PoolInner;
use super::writer::WriterTurn;
use crate::error::{DatabaseConnectionError, DatabaseError};
use crate::open::{is_same_file, lock_path, open_lock_file};

/// What is added to the name of the database.
const SUFFIX: &str = "-writer-lock";

/// The pause between two tries to lock.
const PAUSE: Duration = Duration::from_millis(20);

/// Whether this library has the fix.
static IS_FIXED: LazyLock<bool> = LazyLock::new(|| kstdb_cipher::library().wal_reset_fixed);

/// The right of this process to write a database; given up when dropped, also by a crash.
#[derive(Debug)]
pub(super) struct SoleWriter {
    path: PathBuf,
    file: File,
}

impl SoleWriter {
    /// Takes the right; `None` if another process has it.
    fn try_claim(database: &Path) -> io::Result<Option<Self>> {
        let path = lock_path(database, SUFFIX);
        loop {
            let file = open_lock_file(&path)?;
            match file.try_lock() {
                // Else whoever had it has removed it in the moment before it was locked here.
                Ok(()) if is_same_file(&file, &path) => return Ok(Some(Self { path, file })),
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    }
}

impl Drop for SoleWriter {
    fn drop(&mut self) {
        // Nobody else opens it between the two: he would find it locked, or gone.
        if let Err(error) = std::fs::remove_file(&self.path).and_then(|()| self.file.unlock()) {
            tracing::debug!(%error, path = %self.path.display(), "the lock stays as a file");
        }
    }
}

/// Removes the lock that a crash left behind.
pub(crate) fn sweep_writer_lock(database: &Path) {
    if lock_path(database, SUFFIX).exists() {
        drop(SoleWriter::try_claim(database));
    }
}

impl PoolInner {
    /// Takes the turn if nobody has it or waits for it.
    pub(crate) fn try_turn(&self) -> Option<WriterTurn> {
        let turn = self.writer().try_turn()?;
        self.claim().is_ok().then_some(turn)
    }

    /// Makes this process the one that writes, if there may be only one. Whoever has the turn asks.
    pub(super) fn claim(&self) -> Result<(), DatabaseError> {
        let Some(file) = self.file().filter(|_| !self.allows_several_writers()) else {
            return Ok(());
        };
        let mut own = self.sole.lock().unwrap_or_else(PoisonError::into_inner);
        if own.is_some() {
            return Ok(());
        }
        // All pools of the process on this file have one right.
        let mut shared = self.writer().sole();
        let sole =
            match shared.upgrade() {
                Some(sole) => sole,
                None => {
                    let path = || file.to_owned();
                    let claimed = SoleWriter::try_claim(file);
                    let claimed = claimed.map_err(|source| DatabaseConnectionError::Io {
                        path: lock_path(file, SUFFIX),
                        source,
                    })?;
                    let sole = Arc::new(claimed.ok_or_else(|| {
                        DatabaseConnectionError::WritersElsewhere { path: path() }
                    })?);
                    *shared = Arc::downgrade(&sole);
                    sole
                }
            };
        *own = Some(sole);
        Ok(())
    }

    /// The same, waiting for another process as long as for its locks.
    pub(super) async fn claim_in_time(&self) -> Result<(), DatabaseError> {
        let tries = self.settings().busy_timeout.as_millis() / PAUSE.as_millis();
        let pause = ConstantBuilder::new()
            .with_delay(PAUSE)
            .with_max_times(usize::try_from(tries).unwrap_or(usize::MAX));
        (async || self.claim())
            .retry(pause)
            .when(DatabaseError::is_busy)
            .await
    }

    fn allows_several_writers(&self) -> bool {
        self.settings().several_writers || *IS_FIXED
    }
}
