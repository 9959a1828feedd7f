//! The clock that SQLite sees: the machine's, moved at will.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How far SQLite's clock is ahead, in milliseconds.
static AHEAD_MS: AtomicI64 = AtomicI64::new(0);

/// The clock of every connection of the process, which one at a time moves. When this is dropped, it
/// is right again.
#[derive(Debug)]
pub(crate) struct Clock {
    _turn: MutexGuard<'static, ()>,
}

impl Clock {
    /// Waits until nobody else moves the clock. Blocks.
    pub(crate) fn take() -> Self {
        static TURN: Mutex<()> = Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        Self { _turn: turn }
    }

    /// Moves it; a negative step goes back.
    pub(crate) fn jump(&self, years: i64) {
        const DAYS_PER_YEAR: i64 = 365;
        let day = i64::try_from(Duration::from_secs(86_400).as_millis()).unwrap_or(i64::MAX);
        AHEAD_MS.fetch_add(years * DAYS_PER_YEAR * day, Ordering::AcqRel);
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        AHEAD_MS.store(0, Ordering::Release);
    }
}

/// How far the clock is ahead now, in milliseconds.
pub(super) fn ahead_ms() -> i64 {
    AHEAD_MS.load(Ordering::Acquire)
}
