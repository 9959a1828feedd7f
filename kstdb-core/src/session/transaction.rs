//! Transactions and savepoints by depth: 0 is the transaction, anything above a savepoint in it.

use std::sync::atomic::Ordering;

use super::connect::Session;
use crate::error::{SqliteError, StatementError, TransactionError};

impl Session {
    /// Begins what is inside `depth` others.
    pub(crate) fn begin(&self, depth: u32) -> Result<(), TransactionError> {
        let begun = if depth == 0 {
            self.control("BEGIN IMMEDIATE")
        } else {
            self.check_open()?;
            self.batch(&format!("SAVEPOINT kstdb_{depth}"))
        };
        begun.map_err(|error| self.not_begun(error))?;
        self.depth().store(depth + 1, Ordering::Release);
        Ok(())
    }

    /// Begins a transaction that only reads: without a lock, on the snapshot of its first statement.
    pub(crate) fn begin_read(&self) -> Result<(), TransactionError> {
        self.control("BEGIN")
            .map_err(|error| self.not_begun(error))?;
        self.depth().store(1, Ordering::Release);
        Ok(())
    }

    /// Commits what is inside `depth` others, after the read guard; on failure it is rolled back.
    pub(crate) fn commit(&self, depth: u32) -> Result<(), TransactionError> {
        self.check_open()?;
        let committed = if self.check_codec().is_err() {
            Err(TransactionError::DamagedPage)
        } else if depth == 0 {
            self.control("COMMIT").map_err(TransactionError::Commit)
        } else {
            self.batch(&format!("RELEASE kstdb_{depth}"))
                .map_err(TransactionError::Commit)
        };
        match committed {
            Ok(()) => self.depth().store(depth, Ordering::Release),
            Err(_) => {
                if let Err(error) = self.roll_back_to(depth) {
                    tracing::warn!(%error, "rolling back failed, the connection is replaced");
                }
            }
        }
        committed
    }

    /// Rolls back what is inside `depth` others; does nothing if that is over already.
    pub(crate) fn roll_back_to(&self, depth: u32) -> Result<(), StatementError> {
        let begun = self.depth().swap(depth, Ordering::AcqRel) > depth;
        let rolled_back = match depth {
            _ if self.sql().is_autocommit() => Ok(()),
            // SQL text can have begun a transaction that no guard knows.
            0 => self.control("ROLLBACK"),
            _ if begun => self.batch(&format!("ROLLBACK TO kstdb_{depth}; RELEASE kstdb_{depth}")),
            _ => Ok(()),
        };
        rolled_back.map_err(StatementError::Sqlite)
    }

    /// Why nothing has begun: the read guard's answer goes before SQLite's.
    pub(super) fn not_begun(&self, error: SqliteError) -> TransactionError {
        match self.check_codec() {
            Err(StatementError::DamagedPage) => TransactionError::DamagedPage,
            _ => TransactionError::Begin(error),
        }
    }

    fn check_open(&self) -> Result<(), TransactionError> {
        if self.sql().is_autocommit() {
            Err(TransactionError::RolledBack)
        } else {
            Ok(())
        }
    }

    fn batch(&self, sql: &str) -> Result<(), SqliteError> {
        self.sql().execute_batch(sql).map_err(SqliteError::of)
    }

    /// Runs a statement that controls the transaction, from the cache.
    pub(super) fn control(&self, sql: &'static str) -> Result<(), SqliteError> {
        let run = || {
            let mut statement = self.sql().prepare_cached(sql)?;
            statement.raw_execute().map(drop)
        };
        run().map_err(SqliteError::of)
    }
}
