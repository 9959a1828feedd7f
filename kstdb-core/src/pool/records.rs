//! What is known of statements from their earlier runs: which are short.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hashlink::LruCache;

/// Statements that are remembered by their text, those that ran last.
const KNOWN_STATEMENTS: usize = 1_024;

/// The longest text that is remembered: it is looked up with each run.
pub(super) const LONGEST_TEXT_BYTES: usize = 8 * 1024;

/// What counts as short: what an async task may take between two awaits.
const SHORT: Duration = Duration::from_micros(100);

/// Short runs in a row that make a record.
const RUNS_TO_PROVE: i16 = 8;

/// Short runs that it takes to make up for one that was not.
const RUNS_TO_FORGET: i16 = 64;

/// What is known of a statement.
#[derive(Clone, Copy, Debug)]
struct Record {
    writes: bool,
    /// How many runs in a row were short; below zero, how many it takes to be at the start again.
    short_runs: i16,
}

/// The records of statements.
#[derive(Debug)]
pub(super) struct Records(Mutex<LruCache<Box<str>, Record>>);

impl Default for Records {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(KNOWN_STATEMENTS)))
    }
}

impl Records {
    fn lock(&self) -> MutexGuard<'_, LruCache<Box<str>, Record>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells whether a statement that writes, or does not, has always been short of late.
    pub(super) fn expect_short(&self, sql: &str, writes: bool) -> bool {
        let record = self.lock().get(sql).copied();
        record.is_some_and(|record| record.writes == writes && record.short_runs >= RUNS_TO_PROVE)
    }

    /// Notes a run.
    pub(super) fn note(&self, sql: &str, writes: bool, elapsed: Duration) {
        let mut records = self.lock();
        let next = |short_runs: i16| match elapsed <= SHORT {
            true => short_runs.saturating_add(1),
            false => -RUNS_TO_FORGET,
        };
        if let Some(record) = records.get_mut(sql) {
            record.writes |= writes;
            record.short_runs = next(record.short_runs);
        } else if sql.len() <= LONGEST_TEXT_BYTES {
            let short_runs = next(0);
            records.insert(sql.into(), Record { writes, short_runs });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_expected_to_be_short_after_several_short_runs() {
        let records = Records::default();
        for _ in 0..RUNS_TO_PROVE {
            assert!(!records.expect_short("SELECT 1", false));
            records.note("SELECT 1", false, SHORT);
        }
        assert!(records.expect_short("SELECT 1", false));
        assert!(!records.expect_short("SELECT 2", false));
    }

    #[test]
    fn one_long_run_outweighs_many_short_ones() {
        let records = Records::default();
        for _ in 0..1_000 {
            records.note("SELECT 1", false, SHORT);
        }
        records.note("SELECT 1", false, SHORT + Duration::from_nanos(1));
        for _ in 0..RUNS_TO_FORGET + RUNS_TO_PROVE {
            assert!(!records.expect_short("SELECT 1", false));
            records.note("SELECT 1", false, SHORT);
        }
        assert!(records.expect_short("SELECT 1", false));
    }

    #[test]
    fn only_so_many_statements_are_remembered_and_those_in_use_first() {
        let records = Records::default();
        for number in 0..2 * KNOWN_STATEMENTS {
            records.note("SELECT 'in use'", false, SHORT);
            records.note(&format!("SELECT {number}"), false, SHORT);
        }
        assert_eq!(records.lock().len(), KNOWN_STATEMENTS);
        assert!(records.expect_short("SELECT 'in use'", false));
        let long = format!("SELECT '{}'", "x".repeat(LONGEST_TEXT_BYTES));
        for _ in 0..RUNS_TO_PROVE {
            records.note(&long, false, SHORT);
        }
        assert!(!records.expect_short(&long, false));
    }
}
