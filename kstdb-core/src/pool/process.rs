//! The process that a pool belongs to.

use crate::error::DatabaseConnectionError;

/// The process that opened the connections.
///
/// **Invariant:** no other one uses them: the locks of SQLite are not inherited by `fork`, nor are
/// the threads of sqlx (<https://www.sqlite.org/howtocorrupt.html>, section 2.6).
#[derive(Debug)]
pub(super) struct Process(u32);

impl Process {
    pub(super) fn current() -> Self {
        Self(std::process::id())
    }

    /// Tells whether this process was forked from it.
    pub(super) fn was_forked(&self) -> bool {
        self.0 != std::process::id()
    }

    pub(super) fn check(&self) -> Result<(), DatabaseConnectionError> {
        if self.was_forked() {
            return Err(DatabaseConnectionError::Forked);
        }
        Ok(())
    }
}

/// Leaves something alone that belongs to the process that this one was forked from: closing it
/// would wait for a thread that is not there.
#[expect(clippy::mem_forget, reason = "its memory goes with the process")]
pub(super) fn leave<T>(inherited: T) {
    std::mem::forget(inherited);
}
