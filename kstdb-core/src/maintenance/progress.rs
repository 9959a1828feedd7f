//! How far a maintenance call is, and whether it shall go on.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Says how far a maintenance call is: the step that it is at, and how much of it is done.
///
/// A call goes through several steps, each from nothing to [`total`](Self::total), which is
/// an estimate: a step can end a little before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// What is being done.
    pub step: Step,
    /// How much of it is done, in [`Step::unit`]s; never more than `total`.
    pub done: u64,
    /// How much there is to do, in [`Step::unit`]s; never 0.
    pub total: u64,
}

/// Names a step of a maintenance call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Step {
    /// Rows go into a new file.
    Copy,
    /// The new file is compared with the old one, row by row.
    Compare,
    /// Pages are encrypted anew.
    Rekey,
    /// Pages are checked against their HMAC.
    Verify,
}

/// Names what a [`Step`] counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unit {
    /// Pages of the file.
    Pages,
    /// Rows of tables.
    Rows,
}

impl Step {
    /// What the step counts.
    #[must_use]
    pub const fn unit(self) -> Unit {
        match self {
            Self::Copy | Self::Rekey | Self::Verify => Unit::Pages,
            Self::Compare => Unit::Rows,
        }
    }

    /// The step in one word, such as `copy`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Copy => "copy",
            Self::Compare => "compare",
            Self::Rekey => "rekey",
            Self::Verify => "verify",
        }
    }
}

impl Unit {
    /// The unit in one word: `pages` or `rows`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pages => "pages",
            Self::Rows => "rows",
        }
    }
}

impl Progress {
    /// Says that `done` of `total` is done, and keeps both in their ranges.
    pub(crate) fn new(step: Step, done: u64, total: u64) -> Self {
        let total = total.max(1);
        Self {
            step,
            done: done.min(total),
            total,
        }
    }
}

/// After so many instructions of SQLite a long statement asks whether to go on: some milliseconds.
const ASK_EVERY_INSTRUCTIONS: i32 = 100_000;

/// What the caller wants to be told; it answers whether to go on.
type Callback = Arc<dyn Fn(Progress) -> ControlFlow<()> + Send + Sync>;

/// Whom a call tells how far it is, and who can stop it. Clones share both.
#[derive(Clone, Default)]
pub(crate) struct Observer {
    callback: Option<Callback>,
    last: Arc<Mutex<Option<Progress>>>,
    stopped: Arc<AtomicBool>,
}

/// Stops the call when dropped: its future is gone.
#[derive(Debug)]
pub(crate) struct StopOnDrop(Arc<AtomicBool>);

impl Observer {
    /// Tells this function.
    pub(crate) fn new(
        callback: impl Fn(Progress) -> ControlFlow<()> + Send + Sync + 'static,
    ) -> Self {
        Self {
            callback: Some(Arc::new(callback)),
            ..Self::default()
        }
    }

    /// The same listener for another call, which nobody has stopped yet.
    pub(crate) fn for_call(&self) -> Self {
        Self {
            callback: self.callback.clone(),
            ..Self::default()
        }
    }

    /// Tells how far the call is. `false`: it shall stop.
    pub(crate) fn tell(&self, progress: Progress) -> bool {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(progress);
        if let Some(callback) = &self.callback
            && callback(progress).is_break()
        {
            self.stopped.store(true, Ordering::Release);
        }
        !self.is_stopped()
    }

    /// Tells how far the call is, for those who ask in this way.
    pub(super) fn go_on(&self, progress: Progress) -> ControlFlow<()> {
        if self.tell(progress) {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    }

    /// Tells the same again, in the middle of something long. `false`: it shall stop.
    pub(crate) fn ask(&self) -> bool {
        if crate::blocking::is_ending() {
            return false;
        }
        let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.map_or(!self.is_stopped(), |progress| self.tell(progress))
    }

    /// Asks in the middle of long statements too, which then end as interrupted.
    pub(super) fn watch(&self, sql: &rusqlite::Connection) -> rusqlite::Result<()> {
        let observer = self.clone();
        sql.progress_handler(ASK_EVERY_INSTRUCTIONS, Some(move || !observer.ask()))
    }

    /// Tells whether the call shall stop.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    /// Stops the call when the guard is dropped.
    pub(crate) fn stop_on_drop(&self) -> StopOnDrop {
        StopOnDrop(Arc::clone(&self.stopped))
    }
}

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observer")
            .field("stopped", &self.is_stopped())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_stops_its_own_call_only() {
        let first = Observer::new(|progress| match progress.done {
            0 => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        });
        let second = first.for_call();
        assert!(first.tell(Progress::new(Step::Copy, 0, 2)));
        assert!(!first.tell(Progress::new(Step::Copy, 1, 2)));
        assert!(first.is_stopped() && !second.is_stopped());
    }

    #[test]
    fn a_dropped_future_stops_its_call() {
        let observer = Observer::default();
        drop(observer.stop_on_drop());
        assert!(!observer.tell(Progress::new(Step::Rekey, 0, 1)));
    }

    #[test]
    fn done_is_never_more_than_total() {
        let progress = Progress::new(Step::Verify, 7, 0);
        assert_eq!((progress.done, progress.total), (1, 1));
    }
}
