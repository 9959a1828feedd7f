//! Cancellation: a dropped future stops the call that it waits for, and no other.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Virtual machine instructions between two looks at the cancellation of a session.
pub(super) const CHECK_EVERY_INSTRUCTIONS: i32 = 250;

/// The look that stops a brief run. The count of instructions goes on from one run of a prepared
/// statement to the next, so that the first look can come early.
const BRIEF_LOOKS: u32 = 9;

/// The first look after so long stops a brief run too: its pages are not where it has found them
/// before.
const BRIEF_TIME: Duration = Duration::from_micros(500);

/// Looks of a run that may take its time.
const UNLIMITED: u32 = 0;

/// The calls of one session, numbered, and which of them is to stop.
///
/// SQLite's own `sqlite3_interrupt` hits whatever runs when it arrives, a later call included, and
/// misses a call that has not begun. A number per call does neither.
#[derive(Debug, Default)]
pub(crate) struct Cancellation {
    current: AtomicU64,
    cancelled: AtomicU64,
    /// Counts down to the look that stops a brief run.
    looks_left: AtomicU32,
    /// When the brief run began. Never locked for long: a session is on one thread at a time.
    brief_began: Mutex<Option<Instant>>,
}

impl Cancellation {
    /// Numbers a new call and returns the guard that cancels it when dropped.
    pub(crate) fn begin_call(self: &Arc<Self>) -> CancelOnDrop {
        let call = self.current.fetch_add(1, Ordering::AcqRel) + 1;
        CancelOnDrop {
            cancellation: Arc::clone(self),
            call,
            armed: true,
        }
    }

    /// Tells whether the call that is running is to stop.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.current.load(Ordering::Acquire) == self.cancelled.load(Ordering::Acquire)
            && self.current.load(Ordering::Acquire) != 0
    }

    /// One look: tells whether what runs is to stop.
    pub(super) fn must_stop(&self) -> bool {
        self.is_cancelled() || self.has_no_look_left()
    }

    fn has_no_look_left(&self) -> bool {
        // Nobody else counts: a session is on one thread at a time.
        match self.looks_left.load(Ordering::Relaxed) {
            UNLIMITED => false,
            left => {
                self.looks_left.store(left.max(2) - 1, Ordering::Relaxed);
                let began = *self.lock_brief();
                left == 1 || began.is_some_and(|began| began.elapsed() > BRIEF_TIME)
            }
        }
    }

    fn lock_brief(&self) -> MutexGuard<'_, Option<Instant>> {
        self.brief_began
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on a run is stopped unless it is short.
    pub(super) fn begin_brief(&self) {
        *self.lock_brief() = Some(Instant::now());
        self.looks_left.store(BRIEF_LOOKS, Ordering::Relaxed);
    }

    /// From now on a run may take its time.
    pub(super) fn end_brief(&self) {
        self.looks_left.store(UNLIMITED, Ordering::Relaxed);
    }

    /// Ends the call: whatever runs next on the session, a rollback first of all, is another.
    pub(crate) fn end_call(&self) {
        self.current.fetch_add(1, Ordering::AcqRel);
    }
}

/// Cancels one call when it is dropped before [`disarm`](Self::disarm).
#[derive(Debug)]
#[must_use = "dropping it cancels the call"]
pub(crate) struct CancelOnDrop {
    cancellation: Arc<Cancellation>,
    call: u64,
    armed: bool,
}

impl CancelOnDrop {
    /// Stops the call.
    pub(crate) fn cancel(&self) {
        self.cancellation
            .cancelled
            .store(self.call, Ordering::Release);
    }

    /// The call has ended by itself.
    pub(crate) fn disarm(mut self) {
        self.armed = false;
    }
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        if self.armed {
            self.cancel();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropping_the_guard_cancels_its_call() {
        let cancellation = Arc::new(Cancellation::default());
        assert!(!cancellation.is_cancelled());
        drop(cancellation.begin_call());
        assert!(cancellation.is_cancelled());
    }

    #[test]
    fn a_brief_run_is_stopped_and_the_next_one_is_not() {
        let cancellation = Cancellation::default();
        cancellation.begin_brief();
        // Not later, and perhaps earlier: this thread can be kept from running.
        let looks = [(); 10].map(|()| cancellation.must_stop());
        assert_eq!(looks[8..], [true, true]);
        cancellation.end_brief();
        assert!(!cancellation.must_stop());
    }

    #[test]
    fn a_brief_run_that_takes_long_is_stopped_at_the_next_look() {
        let cancellation = Cancellation::default();
        cancellation.begin_brief();
        let began = Instant::now().checked_sub(2 * BRIEF_TIME);
        assert!(began.is_some());
        *cancellation.lock_brief() = began;
        assert!(cancellation.must_stop());
        cancellation.end_brief();
        assert!(!cancellation.must_stop());
    }

    #[test]
    fn a_late_cancellation_does_not_hit_the_next_call() {
        let cancellation = Arc::new(Cancellation::default());
        let first = cancellation.begin_call();
        cancellation.end_call();
        let second = cancellation.begin_call();
        drop(first);
        assert!(!cancellation.is_cancelled());
        second.disarm();
        assert!(!cancellation.is_cancelled());
    }
}
