//! A run that waits for nothing and is stopped unless it is short.

use std::time::Duration;

use super::connect::Session;
use crate::error::StatementError;

/// A session that is in a hurry until this is dropped.
#[must_use = "dropping it ends the hurry"]
pub(crate) struct Brief<'session>(&'session Session);

impl Session {
    /// Makes whatever runs next give up rather than wait for a lock of another process or take many
    /// steps.
    pub(crate) fn briefly(&self) -> Result<Brief<'_>, StatementError> {
        self.sql().busy_timeout(Duration::ZERO)?;
        self.cancellation().begin_brief();
        Ok(Brief(self))
    }
}

impl Drop for Brief<'_> {
    fn drop(&mut self) {
        self.0.cancellation().end_brief();
        if let Err(error) = self.0.sql().busy_timeout(self.0.busy_timeout()) {
            tracing::warn!(%error, "a connection waits for no lock any more");
        }
    }
}
