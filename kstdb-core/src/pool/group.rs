//! Small writes of several callers in one transaction: one commit, and with it one wait for the
//! disk, for all of them.
//!
//! Nobody can tell the difference but by the clock. Each caller hears of its write when it is as
//! durable as if it had been alone. A group in which anything goes wrong - a constraint, a caller
//! who is gone, a foreign key that is checked at the commit - is rolled back, and its calls run one
//! by one, each with the result that it would have had.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::job::{Job, Tell};
use super::lease::Lease;

/// Calls that run alone after a group has failed: what fails often is not tried often.
const ALONE_AFTER_FAILURE: usize = 64;

/// Whether groups are formed.
#[derive(Debug, Default)]
pub(super) struct Groups {
    alone: AtomicUsize,
}

impl Groups {
    pub(super) fn are_formed(&self) -> bool {
        self.alone.load(Ordering::Relaxed) == 0
    }

    /// Runs the jobs, in one transaction if there are several; what is returned tells their callers.
    pub(super) fn run(&self, mut jobs: Vec<Box<dyn Job>>, lease: &mut Lease) -> Vec<Tell> {
        if jobs.len() > 1 {
            let (session, records) = (lease.session(), lease.pool().records());
            let run = || {
                jobs.iter_mut()
                    .try_for_each(|job| job.run_shared(session, records))
            };
            if session.atomically(run).is_ok() {
                return jobs.into_iter().map(Job::stored).collect();
            }
            self.alone.store(ALONE_AFTER_FAILURE, Ordering::Relaxed);
        }
        let alone = self.alone.load(Ordering::Relaxed);
        self.alone
            .store(alone.saturating_sub(jobs.len()), Ordering::Relaxed);
        jobs.into_iter().map(|job| job.run(lease)).collect()
    }
}
