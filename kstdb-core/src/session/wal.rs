//! The write-ahead log, emptied where SQLite alone would not.

use std::time::Duration;

use super::connect::Session;
use crate::error::StatementError;

/// How long a writer waits for readers, so that the WAL can begin anew.
const WAIT_FOR_READERS: Duration = Duration::from_millis(50);

impl Session {
    /// Moves the WAL into the database and lets the next writer begin it anew; `false` if a reader
    /// keeps it. The caller has the writer turn.
    ///
    /// SQLite's own checkpoint at each commit waits for nobody: where there is always some reader,
    /// the WAL grows for ever.
    pub(crate) fn restart_wal(&self) -> Result<bool, StatementError> {
        // The application's hook can have chosen another wait than the builder's.
        let sql = self.sql();
        let usual: u32 = sql.query_row("PRAGMA busy_timeout", (), |row| row.get(0))?;
        sql.busy_timeout(WAIT_FOR_READERS)?;
        let restarted = sql.query_row("PRAGMA wal_checkpoint(RESTART)", (), |row| {
            let busy: bool = row.get(0)?;
            Ok(!busy)
        });
        sql.busy_timeout(Duration::from_millis(usual.into()))?;
        Ok(restarted?)
    }
}
