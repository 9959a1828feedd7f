//! Small writes of several callers in one transaction: one commit, and with it one wait for the
//! disk, for all of them.
//!
//! Nobody can tell the difference but by the clock. Each caller hears of its write when it is as
//! durable as if it had been alone. A group in which anything goes wrong - a constraint, a caller
//! who is gone, a foreign key that is checked at the commit - is rolled back, and its calls run one
//! by one, each with the result that it would have had.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::job::Tell;
use super::lease::Lease;
use super::queue::Queued;
use crate::error::TransactionError;
use crate::session::Aborted;

/// Calls that run alone after a group has failed: what fails often is not tried often.
const ALONE_AFTER_FAILURE: usize = 64;

/// What became of the jobs of a group.
pub(super) struct Ended {
    /// Tells the callers of those that have ended.
    pub(super) told: Vec<Tell>,
    /// Those that have not begun, in their order.
    pub(super) left: Vec<Queued>,
}

/// Whether groups are formed.
#[derive(Debug, Default)]
pub(super) struct Groups {
    alone: AtomicUsize,
}

impl Groups {
    pub(super) fn are_formed(&self) -> bool {
        self.alone.load(Ordering::Relaxed) == 0
    }

    /// Runs the jobs, in one transaction if there are several.
    pub(super) fn run(&self, mut jobs: Vec<Queued>, lease: &mut Lease) -> Ended {
        if jobs.len() > 1 {
            let (session, records) = (lease.session(), lease.pool().records());
            let run = || {
                jobs.iter_mut()
                    .try_for_each(|queued| queued.job.run_shared(session, records))
            };
            match session.atomically(run) {
                Ok(()) => {
                    let told = jobs.into_iter().map(|queued| queued.job.stored()).collect();
                    return Ended {
                        told,
                        left: Vec::new(),
                    };
                }
                // The lock of another process, most likely, which was waited for long enough on
                // behalf of the first. The others have time left, and go on waiting in the queue.
                Err(Aborted::Transaction(TransactionError::Begin(error))) => {
                    let first = jobs.remove(0);
                    return Ended {
                        told: vec![first.job.refused(error.into())],
                        left: jobs,
                    };
                }
                Err(_) => self.alone.store(ALONE_AFTER_FAILURE, Ordering::Relaxed),
            }
        }
        let alone = self.alone.load(Ordering::Relaxed);
        self.alone
            .store(alone.saturating_sub(jobs.len()), Ordering::Relaxed);
        let told = jobs
            .into_iter()
            .map(|queued| queued.job.run(lease))
            .collect();
        Ended {
            told,
            left: Vec::new(),
        }
    }
}
