//! A pooled connection: a lease, and the way calls reach it and come back.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::oneshot;

use super::call::{Call, Outcome, Route, refuse_control};
use super::inner::PoolInner;
use super::lease::Lease;
use crate::blocking;
use crate::error::{DatabaseConnectionError, DatabaseError, TransactionError};
use crate::observe;
use crate::queries::query_methods;
use crate::session::CancelOnDrop;
use crate::transaction::Transaction;

/// A connection of the pool, for several statements on the same one. It goes back when dropped.
///
/// A transaction that SQL text has begun is rolled back when the connection goes back. Prefer
/// [`begin`](Self::begin). While such a transaction is open the connection keeps the writer turn.
#[derive(Debug)]
#[must_use = "dropping it gives the connection back at once"]
pub struct PooledConnection {
    pool: Arc<PoolInner>,
    /// Never locked: whoever has the connection to himself may use the lease. The mutex makes the
    /// type `Sync`, which the handle of SQLite is not.
    lease: Mutex<Place>,
    /// Transactions and savepoints begun and not ended.
    depth: u32,
    /// A dropped guard's depth, to be rolled back before anything else.
    abandoned: Option<u32>,
}

/// Where the lease is.
#[derive(Debug)]
enum Place {
    Here(Lease),
    /// On a blocking thread, where a dropped call left it; it comes back when the call has stopped.
    Away(oneshot::Receiver<Lease>),
    Lost,
}

impl PooledConnection {
    pub(crate) fn new(pool: Arc<PoolInner>, lease: Lease) -> Self {
        Self {
            pool,
            lease: Mutex::new(Place::Here(lease)),
            depth: 0,
            abandoned: None,
        }
    }

    /// Waits for a connection that has the writer turn.
    pub(crate) async fn for_writing(pool: &Arc<PoolInner>) -> Result<Self, DatabaseError> {
        let (asked, deadline) = (Instant::now(), pool.deadline());
        let gate = pool.gate(deadline).await?;
        let lease = pool.acquire_to_write(gate, deadline).await?;
        observe::writer_turn_taken(asked.elapsed());
        Ok(Self::new(Arc::clone(pool), lease))
    }

    pub(crate) fn depth(&self) -> u32 {
        self.depth
    }

    /// A transaction has begun inside `depth` others.
    pub(crate) fn begun(&mut self, depth: u32) {
        self.depth = depth + 1;
        self.abandoned = None;
    }

    /// The transaction inside `depth` others is over.
    pub(crate) fn ended(&mut self, depth: u32) {
        self.depth = depth;
        self.abandoned = None;
    }

    /// Leaves the rollback of a transaction to whoever uses the connection next.
    pub(crate) fn abandon(&mut self, depth: u32) {
        self.abandoned = Some(self.abandoned.map_or(depth, |earlier| earlier.min(depth)));
    }

    /// Rolls a transaction back without anybody who waits for it.
    ///
    /// **Invariant:** a connection that is held and not used keeps no other writer waiting: the
    /// outermost transaction is rolled back at once, not with the next use. A savepoint can wait.
    pub(crate) fn roll_back_unattended(&mut self, depth: u32) {
        self.abandon(depth);
        if depth > 0 {
            return;
        }
        let (give_back, away) = oneshot::channel();
        let place = std::mem::replace(self.place(), Place::Away(away));
        self.pool.runtime().spawn(async move {
            let lease = match place {
                Place::Here(lease) => Ok(lease),
                Place::Away(receiver) => receiver.await.map_err(drop),
                Place::Lost => Err(()),
            };
            let Ok(mut lease) = lease else { return };
            // **Invariant:** whoever is gone can have left sqlx's thread at work in the transaction.
            if lease.stop_sqlx().await.is_err() {
                return;
            }
            let rolled_back = blocking::spawn(move || lease.rolled_back());
            if let Ok(lease) = rolled_back.await {
                // If nobody has the connection any more the lease goes back to the pool here.
                drop(give_back.send(lease));
            }
        });
    }

    /// Begins a transaction on this connection.
    ///
    /// # Errors
    /// - [`DatabaseError::PoolExhausted`]: the writer turn did not come within the acquire timeout.
    /// - [`DatabaseError::Transaction`]: SQLite refused; another process can hold the lock.
    ///
    /// # Cancel safety
    /// Dropping the future leaves no transaction behind.
    pub async fn begin(&mut self) -> Result<Transaction<&mut Self>, DatabaseError> {
        Transaction::begin_on(self).await
    }

    query_methods!(self mut => self);

    /// Gives the connection back and waits until it is ready for the next caller.
    pub(crate) async fn release(mut self) {
        if let Ok(lease) = self.take().await {
            // Rolls back, if need be, where blocking is allowed.
            drop(blocking::spawn(move || drop(lease)).await);
        }
    }

    fn place(&mut self) -> &mut Place {
        self.lease.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    async fn take(&mut self) -> Result<Lease, DatabaseError> {
        self.pool.process.check()?;
        let place = self.place();
        if let Place::Away(receiver) = place {
            // Kept in place while waiting, so that this future can be dropped, too.
            let lease = receiver.await;
            *place = lease.map_or(Place::Lost, Place::Here);
        }
        match std::mem::replace(place, Place::Lost) {
            Place::Here(lease) => Ok(lease),
            Place::Away(_) | Place::Lost => Err(DatabaseConnectionError::RuntimeShutdown.into()),
        }
    }

    /// The lease, for sqlx's side of the connection.
    pub(crate) async fn lease(&mut self) -> Result<&mut Lease, DatabaseError> {
        self.settle().await?;
        let lease = self.take().await?;
        let place = self.place();
        *place = Place::Here(lease);
        match place {
            Place::Here(lease) => Ok(lease),
            Place::Away(_) | Place::Lost => Err(DatabaseConnectionError::RuntimeShutdown.into()),
        }
    }

    /// Waits for the writer turn, with the connection in hand.
    pub(crate) async fn take_turn(&mut self) -> Result<(), DatabaseError> {
        let pool = Arc::clone(&self.pool);
        let lease = self.lease().await?;
        if lease.has_turn() {
            return Ok(());
        }
        let asked = Instant::now();
        lease.give_turn(pool.turn(None, pool.deadline()).await?);
        observe::writer_turn_taken(asked.elapsed());
        Ok(())
    }

    /// Runs `work` on a blocking thread. If this future is dropped, the statement that runs is
    /// stopped and the lease comes back by itself.
    pub(crate) async fn hop<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Lease) -> T + Send + 'static,
    ) -> Result<T, DatabaseError> {
        if let Place::Here(lease) = self.place() {
            lease.stop_sqlx().await?;
        }
        let mut lease = self.take().await?;
        let cancel: CancelOnDrop = lease.session().cancellation().begin_call();
        let (give_back, away) = oneshot::channel();
        *self.place() = Place::Away(away);
        let task = blocking::spawn(move || {
            let done = if lease.session().cancellation().is_cancelled() {
                // The caller is gone, but can have left the connection with another.
                lease.pass_turn_on();
                None
            } else {
                Some(work(&mut lease))
            };
            lease.session().cancellation().end_call();
            // If nobody waits any more the lease is dropped here, and goes back to the pool.
            drop(give_back.send(lease));
            done
        });
        let done = task.await;
        cancel.disarm();
        match done {
            Ok(Some(done)) => Ok(done),
            Ok(None) => Err(DatabaseConnectionError::RuntimeShutdown.into()),
            Err(error) => match error.try_into_panic() {
                // A decoder of the application panicked: its panic is its own.
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(DatabaseConnectionError::RuntimeShutdown.into()),
            },
        }
    }

    /// Rolls back what dropped guards have left.
    pub(crate) async fn settle(&mut self) -> Result<(), DatabaseError> {
        let Some(depth) = self.abandoned else {
            return Ok(());
        };
        let rolled_back = self
            .hop(move |lease| {
                let rolled_back = lease.session().roll_back_to(depth);
                lease.pass_turn_on();
                rolled_back
            })
            .await?;
        self.ended(depth);
        Ok(rolled_back?)
    }

    /// Runs a call once; the caller waits for the turn if it is needed.
    pub(crate) async fn run<T: Send + 'static>(
        &mut self,
        call: Call<T>,
    ) -> Result<Outcome<T>, DatabaseError> {
        self.settle().await?;
        let in_transaction = self.depth > 0;
        if in_transaction {
            refuse_control(call.sql())?;
        }
        self.hop(move |lease| {
            if in_transaction && lease.session().sql().is_autocommit() {
                return Outcome::Done(Err(TransactionError::RolledBack.into()));
            }
            let outcome = call.run(lease);
            lease.end_writing();
            outcome
        })
        .await
    }
}

impl Route for &mut PooledConnection {
    async fn route<T: Send + 'static>(self, mut call: Call<T>) -> Result<T, DatabaseError> {
        loop {
            match self.run(call).await? {
                Outcome::Done(done) => return done,
                Outcome::NeedsTurn(again) => {
                    call = again;
                    self.take_turn().await?;
                }
            }
        }
    }
}

impl Route for &Arc<PoolInner> {
    async fn route<T: Send + 'static>(self, mut call: Call<T>) -> Result<T, DatabaseError> {
        if let Some(found) = self.try_briefly(&mut call).await {
            return Ok(found);
        }
        let mut writes = call.surely_needs_turn() || self.writer().is_known_write(call.sql());
        loop {
            let outcome = if writes {
                self.write_in_lane(call).await?
            } else {
                self.read_in_lane(call).await?
            };
            match outcome {
                Outcome::Done(done) => return done,
                Outcome::NeedsTurn(again) => {
                    writes = true;
                    call = again;
                }
            }
        }
    }
}
