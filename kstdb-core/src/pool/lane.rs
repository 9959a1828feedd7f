//! The two ways of a call on the database to a session: with the writer turn, and without.
//!
//! A call that finds a session free goes at once. One that does not waits for two things: for its
//! own session, and for whoever is at work to take it along.

use std::sync::Arc;

use super::call::{Call, Outcome};
use super::inner::PoolInner;
use super::job::{self, Caller, Job};
use super::lease::Lease;
use crate::blocking;
use crate::error::DatabaseError;

/// Which queue a call stands in.
#[derive(Clone, Copy, Debug)]
enum Lane {
    Read,
    Write,
}

impl PoolInner {
    /// Runs `work` on any session. The turn that it takes by itself is handed on at once.
    pub(crate) async fn in_read_lane<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut Lease) -> T + Send + 'static,
    ) -> Result<T, DatabaseError> {
        self.process.check()?;
        let (job, mut caller) = job::alone(move |lease: &mut Lease| {
            let done = work(lease);
            lease.end_writing();
            done
        });
        if let Some(slot) = self.try_slot() {
            let lease = self.lease(slot).await?;
            self.start(Lane::Read, job, lease);
            return caller.wait().await;
        }
        let place = self.reads().push(job);
        let slot = tokio::select! {
            biased;
            done = caller.wait() => return done,
            slot = self.slot() => slot,
        };
        // If it is gone it runs already, whatever became of the slot.
        if let Some(job) = place.take() {
            let lease = self.lease(slot?).await?;
            self.start(Lane::Read, job, lease);
        }
        caller.wait().await
    }

    /// Runs `work` on a session that has the writer turn.
    pub(crate) async fn in_write_lane<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut Lease) -> T + Send + 'static,
    ) -> Result<T, DatabaseError> {
        let (job, caller) = job::alone(work);
        self.wait_in_write_lane(job, caller).await
    }

    /// Runs a call that writes on a session that has the writer turn, perhaps in one transaction
    /// with others.
    pub(super) async fn write_in_lane<T: Send + 'static>(
        self: &Arc<Self>,
        call: Call<T>,
    ) -> Result<Outcome<T>, DatabaseError> {
        let (job, caller) = job::write(call);
        self.wait_in_write_lane(job, caller).await
    }

    async fn wait_in_write_lane<T>(
        self: &Arc<Self>,
        job: Box<dyn Job>,
        mut caller: Caller<T>,
    ) -> Result<T, DatabaseError> {
        self.process.check()?;
        let place = self.writes().push(job);
        let gate = tokio::select! {
            biased;
            done = caller.wait() => return done,
            gate = self.gate() => gate,
        };
        if let Some(job) = place.take() {
            // The order gate, connection, turn is what keeps writers from blocking each other.
            let gate = gate?;
            let mut lease = self.acquire().await?;
            lease.give_turn(self.turn(Some(gate)).await?);
            self.start(Lane::Write, job, lease);
        }
        caller.wait().await
    }

    /// Runs a job, and those that wait behind it, on a blocking thread. If the runtime shuts down,
    /// the job is dropped and its caller hears of it.
    fn start(self: &Arc<Self>, lane: Lane, job: Box<dyn Job>, lease: Lease) {
        let pool = Arc::clone(self);
        drop(blocking::spawn(move || {
            let tell = match lane {
                Lane::Read => pool.reads().run(job, lease),
                Lane::Write => pool.writes().run(job, lease),
            };
            // The caller may drop its handle and find the database closed: not this one later.
            drop(pool);
            tell();
        }));
    }
}
