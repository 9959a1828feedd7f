//! Calls that wait: whoever has finished one on a blocking thread takes the next along, so that a
//! call under load costs no thread its sleep.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::lease::Lease;
use crate::error::{DatabaseConnectionError, DatabaseError};
use crate::session::CancelOnDrop;

/// Jobs that one lease runs before others that wait for a connection, or for the writer turn, get
/// it: they stand in another queue.
const JOBS_IN_A_ROW: usize = 16;

/// Work for a session; what it returns tells the caller how it ended.
pub(super) type Job = Box<dyn FnOnce(&mut Lease) -> Tell + Send>;
pub(super) type Tell = Box<dyn FnOnce() + Send>;

/// Jobs in the order of asking.
#[derive(Default)]
pub(super) struct Queue(Mutex<Jobs>);

#[derive(Default)]
struct Jobs {
    next: u64,
    waiting: VecDeque<(u64, Job)>,
}

/// A place in the queue, given up when dropped.
pub(super) struct Place<'queue> {
    queue: &'queue Queue,
    number: u64,
}

/// The caller of a job. Dropping it before the job has ended stops the job.
pub(super) struct Caller<T> {
    done: oneshot::Receiver<std::thread::Result<T>>,
    running: Running,
}

/// The guard of a job while it runs.
#[derive(Clone, Default)]
struct Running(Arc<Mutex<Option<CancelOnDrop>>>);

impl Running {
    fn lock(&self) -> MutexGuard<'_, Option<CancelOnDrop>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Jobs> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a job at the end.
    pub(super) fn push(&self, job: Job) -> Place<'_> {
        let mut jobs = self.lock();
        let number = jobs.next;
        jobs.next += 1;
        jobs.waiting.push_back((number, job));
        Place {
            queue: self,
            number,
        }
    }

    fn pop(&self) -> Option<Job> {
        self.lock().waiting.pop_front().map(|(_, job)| job)
    }

    /// Runs a job and then, on the same lease, jobs that wait. Blocks. The caller of the last one
    /// is told by whoever runs the queue, when nothing of the pool is in its hands any more.
    pub(super) fn run(&self, first: Job, mut lease: Lease) -> Tell {
        let mut job = first;
        let mut more = JOBS_IN_A_ROW;
        loop {
            more -= 1;
            let tell = job(&mut lease);
            let goes_on = more > 0 && lease.session().is_clean() && !lease.pool().is_closed();
            match goes_on.then(|| self.pop()).flatten() {
                Some(next) => {
                    tell();
                    job = next;
                }
                // The connection is back when the caller hears of it.
                None => {
                    lease.end_writing();
                    drop(lease);
                    return tell;
                }
            }
        }
    }
}

impl Place<'_> {
    /// Takes the job out of the queue, unless somebody runs it already.
    pub(super) fn take(&self) -> Option<Job> {
        let mut jobs = self.queue.lock();
        let numbers = jobs.waiting.iter();
        let at = numbers
            .map(|(number, _)| *number)
            .position(|number| number == self.number)?;
        jobs.waiting.remove(at).map(|(_, job)| job)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        drop(self.take());
    }
}

/// Makes a job of `work`, and its caller.
pub(super) fn job<T: Send + 'static>(
    work: impl FnOnce(&mut Lease) -> T + Send + 'static,
) -> (Job, Caller<T>) {
    let (teller, done) = oneshot::channel();
    let running = Running::default();
    let guard = running.clone();
    let job = move |lease: &mut Lease| -> Tell {
        let cancellation = Arc::clone(lease.session().cancellation());
        {
            // Under this lock the caller is either gone, or finds the guard when it goes.
            let mut guard = guard.lock();
            if teller.is_closed() {
                return Box::new(|| ());
            }
            *guard = Some(cancellation.begin_call());
        }
        // A decoder of the application can panic: that is for its caller, not for this thread.
        let done = catch_unwind(AssertUnwindSafe(|| work(lease)));
        cancellation.end_call();
        if let Some(guard) = guard.lock().take() {
            guard.disarm();
        }
        Box::new(move || drop(teller.send(done)))
    };
    (Box::new(job), Caller { done, running })
}

impl<T> Caller<T> {
    /// Waits until the job has ended; a panic of the work goes on here.
    pub(super) async fn wait(&mut self) -> Result<T, DatabaseError> {
        match (&mut self.done).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(panic)) => resume_unwind(panic),
            Err(_) => Err(DatabaseConnectionError::RuntimeShutdown.into()),
        }
    }
}

impl<T> Drop for Caller<T> {
    fn drop(&mut self) {
        self.done.close();
        drop(self.running.lock().take());
    }
}
