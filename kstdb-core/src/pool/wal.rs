//! The size of the WAL, looked at by whoever has written.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::observe;
use crate::session::Session;

/// From this size on, a writer waits a moment for readers to let go.
const LARGE_BYTES: u64 = 64 * 1024 * 1024;

/// The WAL of a pool's database.
#[derive(Debug)]
pub(super) struct Wal {
    /// `None` in memory.
    file: Option<PathBuf>,
    /// The size from which on something is done next.
    limit_bytes: AtomicU64,
}

impl Wal {
    pub(super) fn of(database: Option<&Path>) -> Self {
        let file = database.map(|path| {
            let mut name = OsString::from(path);
            name.push("-wal");
            name.into()
        });
        Self {
            file,
            limit_bytes: AtomicU64::new(LARGE_BYTES),
        }
    }

    /// Keeps the WAL short, on a session that has the writer turn and no transaction. Blocks.
    pub(super) fn keep_short(&self, session: &Session) {
        let size_bytes = self.size_bytes();
        observe::wal_size(size_bytes);
        if !self.is_due(size_bytes) {
            return;
        }
        let next = match session.restart_wal() {
            Ok(true) => LARGE_BYTES,
            Ok(false) => {
                tracing::warn!(
                    size_bytes,
                    "a reader keeps the WAL from being emptied: end long reads and streams"
                );
                // Once more when it has grown by as much again, and not after each commit.
                size_bytes + LARGE_BYTES
            }
            Err(error) => {
                tracing::debug!(%error, size_bytes, "the WAL was not checkpointed");
                size_bytes + LARGE_BYTES
            }
        };
        self.limit_bytes.store(next, Ordering::Relaxed);
    }

    /// Tells whether something is to be done at this size.
    fn is_due(&self, size_bytes: u64) -> bool {
        if size_bytes < LARGE_BYTES {
            // Whoever kept it has let go: the next one is told of anew.
            self.limit_bytes.store(LARGE_BYTES, Ordering::Relaxed);
        }
        size_bytes >= self.limit_bytes.load(Ordering::Relaxed)
    }

    fn size_bytes(&self) -> u64 {
        let size = self.file.as_deref().map(std::fs::metadata);
        size.and_then(Result::ok).map_or(0, |file| file.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_keeps_the_wal_is_told_of_again_after_one_that_let_go() {
        let wal = Wal::of(None);
        assert!(wal.is_due(LARGE_BYTES));
        // What is kept is tried again when it has grown by as much.
        wal.limit_bytes.store(3 * LARGE_BYTES, Ordering::Relaxed);
        assert!(!wal.is_due(2 * LARGE_BYTES));
        assert!(wal.is_due(3 * LARGE_BYTES));
        assert!(!wal.is_due(LARGE_BYTES - 1));
        assert!(wal.is_due(LARGE_BYTES));
    }
}
