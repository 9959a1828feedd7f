//! The clock that SQLite sees: the machine's, moved at will.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// How far SQLite's clock is ahead, in milliseconds.
static AHEAD_MS: AtomicI64 = AtomicI64::new(0);

/// Moves the clock of every connection of the process; a negative step goes back.
pub(crate) fn jump(years: i64) {
    const DAYS_PER_YEAR: i64 = 365;
    let day = i64::try_from(Duration::from_secs(86_400).as_millis()).unwrap_or(i64::MAX);
    AHEAD_MS.fetch_add(years * DAYS_PER_YEAR * day, Ordering::AcqRel);
}

/// How far the clock is ahead now, in milliseconds.
pub(super) fn ahead_ms() -> i64 {
    AHEAD_MS.load(Ordering::Acquire)
}
