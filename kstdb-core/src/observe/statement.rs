//! A statement as it runs: its span, how long it took, and a warning if that was long.

use std::time::{Duration, Instant};

use super::{Outline, statement_ran};

/// What a statement's time says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Its own work. From this time on it is slow; `None` means never.
    Own(Option<Duration>),
    /// Nothing: it waits for its reader in between, or is many statements.
    Unmeasured,
}

/// Runs a statement under the eyes of whoever looks, and says how long it took.
pub(crate) fn observed<T>(sql: &str, pace: Pace, work: impl FnOnce() -> T) -> (T, Duration) {
    let span = tracing::debug_span!("statement", sql = %Outline(sql));
    let _entered = span.enter();
    let start = Instant::now();
    let done = work();
    let elapsed = start.elapsed();
    if let Pace::Own(limit) = pace {
        let slow = limit.is_some_and(|limit| elapsed >= limit);
        if slow {
            tracing::warn!(sql = %Outline(sql), ?elapsed, "slow statement");
        }
        statement_ran(elapsed, slow);
    }
    (done, elapsed)
}
