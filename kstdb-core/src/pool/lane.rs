//! The two ways of a call on the database to a session: with the writer turn, and without.
//!
//! A call that finds a session free goes at once. One that does not waits for two things: for its
//! own session, and for whoever is at work to take it along.

use std::sync::Arc;

use tokio::time::Instant;

use super::call::{Call, Outcome};
use super::inner::PoolInner;
use super::job::{self, Caller, Job};
use super::lease::Lease;
use super::writer::Gate;
use crate::blocking;
use crate::error::DatabaseError;
use crate::observe;

/// Which queue a call stands in.
#[derive(Clone, Copy, Debug)]
enum Lane {
    Read,
    Write,
}

impl PoolInner {
    /// Runs a call on any session.
    pub(super) async fn read_in_lane<T: Send + 'static>(
        self: &Arc<Self>,
        call: Call<T>,
    ) -> Result<Outcome<T>, DatabaseError> {
        let along = call.may_be_taken_along();
        self.wait_in_read_lane(along, move |lease| call.run(lease))
            .await
    }

    /// Runs `work` on any session.
    pub(crate) async fn in_read_lane<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut Lease) -> T + Send + 'static,
    ) -> Result<T, DatabaseError> {
        self.wait_in_read_lane(true, work).await
    }

    /// The turn that the work takes by itself is handed on at once.
    async fn wait_in_read_lane<T: Send + 'static>(
        self: &Arc<Self>,
        along: bool,
        work: impl FnOnce(&mut Lease) -> T + Send + 'static,
    ) -> Result<T, DatabaseError> {
        self.process.check()?;
        let (job, mut caller) = job::alone(observe::acquired, move |lease: &mut Lease| {
            let done = work(lease);
            lease.end_writing();
            done
        });
        if !along {
            let lease = self.acquire().await?;
            self.start(Lane::Read, job, lease);
            return caller.wait().await;
        }
        let deadline = self.deadline();
        if let Some(slot) = self.try_slot() {
            let lease = self.lease(slot, deadline).await?;
            self.start(Lane::Read, job, lease);
            return caller.wait().await;
        }
        let place = self.reads().push(job);
        let slot = tokio::select! {
            biased;
            done = caller.wait() => return done,
            slot = self.slot(deadline) => slot,
        };
        match place.take() {
            Some(job) => {
                let lease = self.lease(slot?, deadline).await?;
                self.start(Lane::Read, job, lease);
            }
            // It runs already, on another's connection: whatever came too late is for others.
            None => drop(slot),
        }
        caller.wait().await
    }

    /// Runs `work` on a session that has the writer turn.
    pub(crate) async fn in_write_lane<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut Lease) -> T + Send + 'static,
    ) -> Result<T, DatabaseError> {
        let (job, caller) = job::alone(observe::writer_turn_taken, work);
        self.wait_in_write_lane(true, job, caller).await
    }

    /// Runs a call that writes on a session that has the writer turn, perhaps in one transaction
    /// with others.
    pub(super) async fn write_in_lane<T: Send + 'static>(
        self: &Arc<Self>,
        call: Call<T>,
    ) -> Result<Outcome<T>, DatabaseError> {
        let along = call.may_be_taken_along();
        let (job, caller) = job::write(call);
        self.wait_in_write_lane(along, job, caller).await
    }

    async fn wait_in_write_lane<T>(
        self: &Arc<Self>,
        along: bool,
        job: Box<dyn Job>,
        mut caller: Caller<T>,
    ) -> Result<T, DatabaseError> {
        self.process.check()?;
        let deadline = self.deadline();
        if !along {
            let gate = self.gate(deadline).await?;
            let lease = self.acquire_to_write(gate, deadline).await?;
            self.start(Lane::Write, job, lease);
            return caller.wait().await;
        }
        let place = self.writes().push(job);
        let gate = tokio::select! {
            biased;
            done = caller.wait() => return done,
            gate = self.gate(deadline) => gate,
        };
        match place.take() {
            Some(job) => {
                let lease = self.acquire_to_write(gate?, deadline).await?;
                self.start(Lane::Write, job, lease);
            }
            None => drop(gate),
        }
        caller.wait().await
    }

    /// **Invariant:** in the order gate, connection, turn, which keeps writers from blocking each
    /// other.
    pub(super) async fn acquire_to_write(
        self: &Arc<Self>,
        gate: Gate,
        deadline: Instant,
    ) -> Result<Lease, DatabaseError> {
        let mut lease = self.acquire_until(deadline).await?;
        lease.give_turn(self.turn(Some(gate), deadline).await?);
        Ok(lease)
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
