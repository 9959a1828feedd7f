//! What waits in a queue: work for a session, and the caller who wants its result.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tracing::Span;

use super::call::{Call, Outcome};
use super::lease::Lease;
use super::records::Records;
use crate::error::{DatabaseConnectionError, DatabaseError, StatementError};
use crate::observe;
use crate::session::{CancelOnDrop, Cancellation, Session};

/// Work for a session.
pub(super) trait Job: Send {
    /// Runs it; what is returned tells the caller how it ended.
    fn run(self: Box<Self>, lease: &mut Lease) -> Tell;

    /// Tells whether it may run in one transaction with others, and again if that fails.
    fn may_share(&self, _records: &Records) -> bool {
        false
    }

    /// Runs it in a transaction with others. If it fails nothing of any of them is stored.
    fn run_shared(&mut self, _session: &Session, _records: &Records) -> Result<(), Failed> {
        Err(Failed)
    }

    /// The transaction that it was to share could not begin, for a reason that holds for it alone
    /// as well.
    fn refused(self: Box<Self>, _error: DatabaseError) -> Tell {
        Box::new(|| ())
    }

    /// The transaction that it shared is stored.
    fn stored(self: Box<Self>) -> Tell {
        Box::new(|| ())
    }
}

/// Tells a caller.
pub(super) type Tell = Box<dyn FnOnce() + Send>;

/// A transaction of several jobs cannot be stored.
#[derive(Debug)]
pub(super) struct Failed;

impl From<StatementError> for Failed {
    fn from(_: StatementError) -> Self {
        Self
    }
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

/// The way back to the caller.
struct Callee<T> {
    teller: oneshot::Sender<std::thread::Result<T>>,
    running: Running,
    /// Who hears how long it waited, until its work begins.
    waited: Cell<Option<(Instant, Waited)>>,
    /// What the caller is in, for whoever looks: the work can run on another caller's thread.
    span: Span,
}

/// Hears how long a job has waited.
type Waited = fn(Duration);

impl<T: Send + 'static> Callee<T> {
    fn new(waited: Waited) -> (Self, Caller<T>) {
        let (teller, done) = oneshot::channel();
        let running = Running::default();
        let caller = Caller {
            done,
            running: running.clone(),
        };
        let callee = Self {
            teller,
            running,
            waited: Cell::new(Some((Instant::now(), waited))),
            span: Span::current(),
        };
        (callee, caller)
    }

    /// Runs `work` as long as the caller waits; `None` if he is gone already.
    fn attend<R>(
        &self,
        cancellation: &Arc<Cancellation>,
        work: impl FnOnce() -> R,
    ) -> Option<std::thread::Result<R>> {
        {
            // Under this lock the caller is either gone, or finds the guard when it goes.
            let mut guard = self.running.lock();
            if self.teller.is_closed() {
                return None;
            }
            *guard = Some(cancellation.begin_call());
        }
        if let Some((asked, waited)) = self.waited.take() {
            waited(asked.elapsed());
        }
        // A decoder of the application can panic: that is for its caller, not for this thread.
        let done = self.span.in_scope(|| catch_unwind(AssertUnwindSafe(work)));
        cancellation.end_call();
        if let Some(guard) = self.running.lock().take() {
            guard.disarm();
        }
        Some(done)
    }

    fn tell(self, done: Option<std::thread::Result<T>>) -> Tell {
        Box::new(move || {
            if let Some(done) = done {
                drop(self.teller.send(done));
            }
        })
    }
}

/// Work that shares nothing.
struct Alone<T, F> {
    work: F,
    callee: Callee<T>,
}

/// Makes a job of `work`, and its caller.
pub(super) fn alone<T: Send + 'static>(
    waited: Waited,
    work: impl FnOnce(&mut Lease) -> T + Send + 'static,
) -> (Box<dyn Job>, Caller<T>) {
    let (callee, caller) = Callee::new(waited);
    (Box::new(Alone { work, callee }), caller)
}

impl<T, F> Job for Alone<T, F>
where
    T: Send + 'static,
    F: FnOnce(&mut Lease) -> T + Send,
{
    fn run(self: Box<Self>, lease: &mut Lease) -> Tell {
        let Self { work, callee } = *self;
        let cancellation = Arc::clone(lease.session().cancellation());
        let done = callee.attend(&cancellation, || work(lease));
        callee.tell(done)
    }
}

/// A call that writes, and what it did in a transaction with others.
struct Write<T> {
    call: Call<T>,
    callee: Callee<Outcome<T>>,
    done: Option<T>,
}

/// Makes a job of a call that writes, and its caller.
pub(super) fn write<T: Send + 'static>(call: Call<T>) -> (Box<dyn Job>, Caller<Outcome<T>>) {
    let (callee, caller) = Callee::new(observe::writer_turn_taken);
    let job = Write {
        call,
        callee,
        done: None,
    };
    (Box::new(job), caller)
}

impl<T: Send + 'static> Job for Write<T> {
    fn run(self: Box<Self>, lease: &mut Lease) -> Tell {
        let Self { call, callee, .. } = *self;
        let cancellation = Arc::clone(lease.session().cancellation());
        let done = callee.attend(&cancellation, || call.run(lease));
        callee.tell(done)
    }

    fn may_share(&self, records: &Records) -> bool {
        self.call.may_share(records)
    }

    fn run_shared(&mut self, session: &Session, records: &Records) -> Result<(), Failed> {
        let Self { call, callee, done } = self;
        let run = || call.run_shared(session, records);
        match callee.attend(session.cancellation(), run) {
            // Nobody waits for it any more, and nothing of it has begun.
            None => Ok(()),
            Some(Ok(Some(result))) => {
                *done = Some(result);
                Ok(())
            }
            // Why is found out when it runs alone.
            Some(Ok(None) | Err(_)) => Err(Failed),
        }
    }

    fn refused(self: Box<Self>, error: DatabaseError) -> Tell {
        self.callee.tell(Some(Ok(Outcome::Done(Err(error)))))
    }

    fn stored(self: Box<Self>) -> Tell {
        let Self { callee, done, .. } = *self;
        callee.tell(done.map(|done| Ok(Outcome::Done(Ok(done)))))
    }
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
