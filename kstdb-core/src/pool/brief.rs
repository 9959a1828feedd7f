//! Reads so short that waking a thread for them costs several times what they do: they run at once,
//! on the thread that asks.
//!
//! A statement comes to this by its own record, and loses it with the first run that is not short.
//! Such a run waits for nothing: it needs an idle connection, no lock of another process, and few
//! steps of SQLite's virtual machine. Otherwise it is stopped and the call goes the ordinary way.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::call::Call;
use super::inner::PoolInner;
use crate::blocking;
use crate::observe;

impl PoolInner {
    /// Runs a call here and now if it can be expected to be short. `None`: it has to go the ordinary
    /// way, which finds out again whatever went wrong here.
    pub(super) async fn try_briefly<T>(self: &Arc<Self>, call: &mut Call<T>) -> Option<T> {
        if !call.may_be_brief() || !self.records().expect_short(call.sql(), false) {
            return None;
        }
        // A task that only does such calls never waits: this lets others have the thread.
        tokio::task::coop::consume_budget().await;
        let lease = self.try_idle()?;
        observe::acquired(Duration::ZERO);
        let start = Instant::now();
        let found = blocking::here(|| call.run_briefly(&lease));
        let elapsed = if found.is_some() {
            start.elapsed()
        } else {
            Duration::MAX
        };
        self.records().note(call.sql(), false, elapsed);
        found
    }
}
