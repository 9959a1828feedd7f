//! Calls that wait: whoever has finished one on a blocking thread takes the next along, so that a
//! call under load costs no thread its sleep.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::group::{Ended, Groups};
use super::job::{Job, Tell};
use super::lease::Lease;

/// Jobs that one lease runs before others that wait for a connection, or for the writer turn, get
/// it: they stand in another queue.
const JOBS_IN_A_ROW: usize = 16;

/// Jobs in the order of asking.
#[derive(Default)]
pub(super) struct Queue {
    jobs: Mutex<Jobs>,
    groups: Groups,
}

#[derive(Default)]
struct Jobs {
    next: u64,
    waiting: VecDeque<Queued>,
}

/// A job and its number, by which its place finds it.
pub(super) struct Queued {
    number: u64,
    pub(super) job: Box<dyn Job>,
}

/// A place in the queue, given up when dropped.
pub(super) struct Place<'queue> {
    queue: &'queue Queue,
    number: u64,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Jobs> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a job at the end.
    pub(super) fn push(&self, job: Box<dyn Job>) -> Place<'_> {
        let mut jobs = self.lock();
        let number = jobs.next;
        jobs.next += 1;
        jobs.waiting.push_back(Queued { number, job });
        Place {
            queue: self,
            number,
        }
    }

    /// Takes the first job if `wanted` says so.
    fn pop_if(&self, wanted: impl FnOnce(&dyn Job) -> bool) -> Option<Queued> {
        let mut jobs = self.lock();
        let first = jobs.waiting.front()?;
        if !wanted(&*first.job) {
            return None;
        }
        jobs.waiting.pop_front()
    }

    /// Puts jobs back to the front, in their order and with the places that they had.
    fn put_back(&self, left: Vec<Queued>) {
        let mut jobs = self.lock();
        for queued in left.into_iter().rev() {
            jobs.waiting.push_front(queued);
        }
    }

    /// Runs a job and then, on the same lease, jobs that wait. Blocks. The callers of the last ones
    /// are told by whoever runs the queue, when nothing of the pool is in its hands any more.
    pub(super) fn run(&self, first: Box<dyn Job>, mut lease: Lease) -> Tell {
        // Out of its place already, it needs no number.
        let mut next = Queued {
            number: u64::MAX,
            job: first,
        };
        let mut left = JOBS_IN_A_ROW;
        loop {
            let group = self.group(next, &lease, left);
            left -= group.len();
            let Ended {
                told,
                left: not_begun,
            } = self.groups.run(group, &mut lease);
            self.put_back(not_begun);
            let goes_on = left > 0 && lease.session().is_clean() && !lease.pool().is_closed();
            match goes_on.then(|| self.pop_if(|_| true)).flatten() {
                Some(queued) => {
                    told.into_iter().for_each(|tell| tell());
                    next = queued;
                }
                // The connection is back when the callers hear of it.
                None => {
                    lease.end_writing();
                    drop(lease);
                    return Box::new(|| told.into_iter().for_each(|tell| tell()));
                }
            }
        }
    }

    /// A job, with those behind it that may share its transaction.
    fn group(&self, first: Queued, lease: &Lease, most: usize) -> Vec<Queued> {
        let mut group = vec![first];
        let records = lease.pool().records();
        if self.groups.are_formed() && group[0].job.may_share(records) {
            while group.len() < most
                && let Some(queued) = self.pop_if(|job| job.may_share(records))
            {
                group.push(queued);
            }
        }
        group
    }
}

impl Place<'_> {
    /// Takes the job out of the queue, unless somebody runs it already.
    pub(super) fn take(&self) -> Option<Box<dyn Job>> {
        let mut jobs = self.queue.lock();
        let at = jobs
            .waiting
            .iter()
            .position(|queued| queued.number == self.number)?;
        jobs.waiting.remove(at).map(|queued| queued.job)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        drop(self.take());
    }
}
