//! Reads so short that waking a thread for them costs several times what they do: they run at once,
//! on the thread that asks.
//!
//! A statement comes to this by its own record, and loses it with the first run that is not short.
//! Such a run waits for nothing: it needs an idle connection, no lock of another process, and few
//! steps of SQLite's virtual machine. Otherwise it is stopped and the call goes the ordinary way.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::call::Call;
use super::inner::PoolInner;

/// Statements that are remembered by their text.
const KNOWN_STATEMENTS: usize = 1_024;

/// What counts as short: what an async task may take between two awaits.
const SHORT: Duration = Duration::from_micros(100);

/// Short runs in a row that make a record.
const RUNS_TO_PROVE: i16 = 8;

/// Short runs that it takes to make up for one that was not.
const RUNS_TO_FORGET: i16 = 64;

/// The records of reading statements: how many runs in a row were short, below zero those missing.
#[derive(Debug, Default)]
pub(super) struct Records(Mutex<HashMap<Box<str>, i16>>);

impl Records {
    fn lock(&self) -> MutexGuard<'_, HashMap<Box<str>, i16>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells whether the statement has always been short of late.
    fn expects_short(&self, sql: &str) -> bool {
        let runs = self.lock().get(sql).copied();
        runs.is_some_and(|runs| runs >= RUNS_TO_PROVE)
    }

    /// Notes a run.
    pub(super) fn note(&self, sql: &str, elapsed: Duration) {
        let mut records = self.lock();
        let next = |runs: i16| match elapsed <= SHORT {
            true => runs.saturating_add(1),
            false => -RUNS_TO_FORGET,
        };
        if let Some(runs) = records.get_mut(sql) {
            *runs = next(*runs);
        } else if records.len() < KNOWN_STATEMENTS {
            records.insert(sql.into(), next(0));
        }
    }
}

impl PoolInner {
    /// Runs a call here and now if it can be expected to be short. `None`: it has to go the ordinary
    /// way, which finds out again whatever went wrong here.
    pub(super) async fn try_briefly<T>(self: &Arc<Self>, call: &mut Call<T>) -> Option<T> {
        if !call.may_be_brief() || !self.records().expects_short(call.sql()) {
            return None;
        }
        // A task that only does such calls never waits: this lets others have the thread.
        tokio::task::coop::consume_budget().await;
        let lease = self.try_idle()?;
        let start = Instant::now();
        let found = call.run_briefly(&lease);
        let elapsed = if found.is_some() {
            start.elapsed()
        } else {
            Duration::MAX
        };
        self.records().note(call.sql(), elapsed);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_expected_to_be_short_after_several_short_runs() {
        let records = Records::default();
        for _ in 0..RUNS_TO_PROVE {
            assert!(!records.expects_short("SELECT 1"));
            records.note("SELECT 1", SHORT);
        }
        assert!(records.expects_short("SELECT 1"));
        assert!(!records.expects_short("SELECT 2"));
    }

    #[test]
    fn one_long_run_outweighs_many_short_ones() {
        let records = Records::default();
        for _ in 0..1_000 {
            records.note("SELECT 1", SHORT);
        }
        records.note("SELECT 1", SHORT + Duration::from_nanos(1));
        for _ in 0..RUNS_TO_FORGET + RUNS_TO_PROVE {
            assert!(!records.expects_short("SELECT 1"));
            records.note("SELECT 1", SHORT);
        }
        assert!(records.expects_short("SELECT 1"));
    }

    #[test]
    fn only_so_many_statements_are_remembered() {
        let records = Records::default();
        for number in 0..2 * KNOWN_STATEMENTS {
            records.note(&format!("SELECT {number}"), SHORT);
        }
        assert_eq!(records.lock().len(), KNOWN_STATEMENTS);
    }
}
