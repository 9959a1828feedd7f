//! Several steps as one: all of them are stored, or none.

use super::connect::Session;
use crate::error::{StatementError, TransactionError};

/// Why a unit of work was not stored.
pub(crate) enum Aborted<E> {
    /// The work itself failed and was undone.
    Work(E),
    /// It could not begin or commit.
    Transaction(TransactionError),
}

impl Session {
    /// Runs `work` in a transaction of its own, or in a savepoint of the open one, with the read
    /// guard before the commit, so that damaged data is never copied.
    pub(crate) fn atomically<T, E: From<StatementError>>(
        &self,
        work: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, Aborted<E>> {
        let [begin, commit, roll_back] = if self.sql().is_autocommit() {
            ["BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"]
        } else {
            [
                "SAVEPOINT kstdb_unit",
                "RELEASE kstdb_unit",
                "ROLLBACK TO kstdb_unit; RELEASE kstdb_unit",
            ]
        };
        self.control(begin)
            .map_err(|error| Aborted::Transaction(self.not_begun(error)))?;
        let undo = || {
            // An error can have rolled the transaction back already.
            if !self.sql().is_autocommit()
                && let Err(error) = self.sql().execute_batch(roll_back)
            {
                tracing::warn!(%error, "rolling back failed, the connection is replaced");
            }
        };
        let done = work();
        // After a failed page the code that SQLite reports is misleading: this answer goes first.
        let done = self.check_codec().map_err(E::from).and(done);
        match done {
            Err(error) => {
                undo();
                Err(Aborted::Work(error))
            }
            Ok(done) => self.control(commit).map(|()| done).map_err(|error| {
                undo();
                Aborted::Transaction(TransactionError::Commit(error))
            }),
        }
    }
}
