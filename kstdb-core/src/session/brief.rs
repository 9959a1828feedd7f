//! A run that waits for nothing and is stopped unless it is short.

use std::time::Duration;

use rusqlite::limits::Limit;

use super::connect::Session;
use crate::error::StatementError;

/// The longest value that such a run touches: SQLite refuses a longer one before it reads its
/// pages, where one step would read, authenticate and decrypt all of them.
const LONGEST_VALUE_BYTES: i32 = 64 * 1024;

/// A session that is in a hurry until this is dropped.
#[must_use = "dropping it ends the hurry"]
pub(crate) struct Brief<'session> {
    session: &'session Session,
    longest_value_bytes: i32,
}

impl Session {
    /// Makes whatever runs next give up rather than wait for a lock of another process, take many
    /// steps, or read a long value.
    pub(crate) fn briefly(&self) -> Result<Brief<'_>, StatementError> {
        self.sql().busy_timeout(Duration::ZERO)?;
        let usual = self
            .sql()
            .set_limit(Limit::SQLITE_LIMIT_LENGTH, LONGEST_VALUE_BYTES)?;
        self.cancellation().begin_brief();
        Ok(Brief {
            session: self,
            longest_value_bytes: usual,
        })
    }
}

impl Drop for Brief<'_> {
    fn drop(&mut self) {
        let session = self.session;
        session.cancellation().end_brief();
        let waits = session.sql().busy_timeout(session.busy_timeout());
        let limited = session
            .sql()
            .set_limit(Limit::SQLITE_LIMIT_LENGTH, self.longest_value_bytes);
        if let Err(error) = waits.and(limited) {
            tracing::warn!(%error, "a connection keeps the limits of a short read");
        }
    }
}
