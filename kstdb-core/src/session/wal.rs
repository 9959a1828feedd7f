//! The write-ahead log, emptied where SQLite alone would not, and the statistics, kept fresh.

use std::time::Duration;

use rusqlite::OptionalExtension as _;
use tracing::field::Empty;

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
        self.checkpoint("PRAGMA wal_checkpoint(RESTART)", WAIT_FOR_READERS)
    }

    /// Moves the WAL into the database and cuts it to nothing, waiting for nobody; `false` if a
    /// reader or another process keeps it. The caller has the writer turn.
    pub(crate) fn empty_wal(&self) -> Result<bool, StatementError> {
        self.checkpoint("PRAGMA wal_checkpoint(TRUNCATE)", Duration::ZERO)
    }

    /// Refreshes the query planner's statistics where that is due, in bounded time and waiting for
    /// nobody (<https://www.sqlite.org/pragma.html#pragma_optimize>). The caller has the writer turn.
    pub(crate) fn optimize(&self) {
        let optimized = self.sql().busy_timeout(Duration::ZERO).and_then(|()| {
            self.sql()
                .query_row("PRAGMA optimize", (), |_| Ok(()))
                .optional()
        });
        let waits_again = self.sql().busy_timeout(self.busy_timeout());
        if let Err(error) = optimized.map(drop).and(waits_again) {
            tracing::debug!(%error, "the statistics are left for the next connection");
        }
    }

    fn checkpoint(&self, sql: &'static str, wait: Duration) -> Result<bool, StatementError> {
        let span = tracing::debug_span!("checkpoint", sql, done = Empty);
        let _entered = span.enter();
        self.sql().busy_timeout(wait)?;
        let done = self.sql().query_row(sql, (), |row| {
            let busy: bool = row.get(0)?;
            Ok(!busy)
        });
        self.sql().busy_timeout(self.busy_timeout())?;
        span.record("done", matches!(done, Ok(true)));
        Ok(done?)
    }
}
