//! The clock that SQLite sees: the machine's, moved at will.

use std::sync::atomic::{AtomicI64, Ordering};

/// How far SQLite's clock is ahead, in milliseconds.
static AHEAD_MS: AtomicI64 = AtomicI64::new(0);

/// How far the clock is ahead now, in milliseconds.
pub(super) fn ahead_ms() -> i64 {
    AHEAD_MS.load(Ordering::Acquire)
}
