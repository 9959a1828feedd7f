//! A session that is checked out. Whatever happens to it, it goes back clean or not at all.

use std::sync::Arc;

use sqlx::SqliteConnection;
use tokio::sync::OwnedSemaphorePermit;

use super::inner::PoolInner;
use super::process::leave;
use super::writer::WriterTurn;
use crate::blocking::{self, Elsewhere};
use crate::error::{DatabaseConnectionError, DatabaseError};
use crate::session::{CancelOnDrop, Session};

/// A place among the pool's connections, given up when dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    pool: Arc<PoolInner>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Slot {
    /// A place that is waited for.
    pub(super) fn without_permit(pool: Arc<PoolInner>) -> Self {
        Self { pool, permit: None }
    }

    pub(super) fn give(&mut self, permit: OwnedSemaphorePermit) {
        self.permit = Some(permit);
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        drop(self.permit.take());
        self.pool.slot_returned();
    }
}

/// A session checked out of the pool.
#[derive(Debug)]
pub(crate) struct Lease {
    /// Boxed, since it moves between threads with every call.
    held: Option<Box<Held>>,
}

/// **Invariant:** dropped in this order: the session is back, then the next writer may write, then
/// the next caller may have a connection.
#[derive(Debug)]
struct Held {
    /// Stops what sqlx's thread still runs, before anything else.
    lent: Option<Lent>,
    session: Session,
    turn: Option<WriterTurn>,
    slot: Slot,
}

/// What stops sqlx's thread, and keeps the process from ending under it.
#[derive(Debug)]
struct Lent {
    cancel: CancelOnDrop,
    _at_work: Elsewhere,
}

impl Lease {
    pub(super) fn new(session: Session, slot: Slot) -> Self {
        Self {
            held: Some(Box::new(Held {
                lent: None,
                session,
                turn: None,
                slot,
            })),
        }
    }

    fn held(&self) -> &Held {
        self.held
            .as_ref()
            .unwrap_or_else(|| unreachable!("taken by drop only"))
    }

    fn held_mut(&mut self) -> &mut Held {
        self.held
            .as_mut()
            .unwrap_or_else(|| unreachable!("taken by drop only"))
    }

    pub(crate) fn session(&self) -> &Session {
        &self.held().session
    }

    /// Lends the connection to sqlx, whose thread can still be at work when the caller is gone.
    pub(crate) fn lend_to_sqlx(&mut self) -> Result<&mut SqliteConnection, DatabaseError> {
        let at_work = blocking::elsewhere().ok_or(DatabaseConnectionError::RuntimeShutdown)?;
        let held = self.held_mut();
        held.lent = Some(Lent {
            cancel: held.session.cancellation().begin_call(),
            _at_work: at_work,
        });
        held.session.sqlx()
    }

    /// Takes the connection back from sqlx, with the read guard. The turn stays with it.
    pub(crate) async fn take_from_sqlx(&mut self) -> Result<(), DatabaseError> {
        let held = self.held_mut();
        held.session.wait_for_sqlx().await?;
        if let Some(lent) = held.lent.take() {
            held.session.cancellation().end_call();
            lent.cancel.disarm();
        }
        Ok(held.session.check_codec()?)
    }

    /// Stops what sqlx's thread still runs for a caller who is gone, and waits for it.
    pub(super) async fn stop_sqlx(&mut self) -> Result<(), DatabaseError> {
        self.held_mut().stop_sqlx().await
    }

    pub(crate) fn pool(&self) -> &Arc<PoolInner> {
        &self.held().slot.pool
    }

    pub(crate) fn has_turn(&self) -> bool {
        self.held().turn.is_some()
    }

    pub(crate) fn give_turn(&mut self, turn: WriterTurn) {
        self.held_mut().turn = Some(turn);
    }

    /// Rolls back whatever is open, and hands the turn on.
    pub(super) fn rolled_back(mut self) -> Self {
        if let Err(error) = self.session().roll_back_to(0) {
            tracing::warn!(%error, "rolling back failed, the connection is replaced");
        }
        self.pass_turn_on();
        self
    }

    /// The end of a call that may have written: unless a transaction is open, looks after the WAL
    /// and hands the turn on. Blocks.
    pub(crate) fn end_writing(&mut self) {
        if self.has_turn() && self.session().is_clean() {
            self.pool().wal().keep_short(self.session());
            self.pool().plan_upkeep();
        }
        self.pass_turn_on();
    }

    /// Hands the writer turn on unless a transaction is open.
    pub(crate) fn pass_turn_on(&mut self) {
        if self.session().sql().is_autocommit() {
            self.held_mut().turn = None;
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(held) = self.held.take() else { return };
        if held.slot.pool.process.was_forked() {
            return leave(held);
        }
        if held.lent.is_none() && held.session.sql().is_autocommit() {
            return held.give_back();
        }
        // Rolling back can touch the disk, and sqlx's thread can take a while: neither is waited
        // for on a thread that runs tasks.
        let runtime = held.slot.pool.runtime().clone();
        let returning = Returning(Some(held));
        runtime.spawn(returning.give_back());
    }
}

/// A session on its way back that needs time. If the runtime shuts down in the middle, what was
/// spawned is dropped, and with it this.
struct Returning(Option<Box<Held>>);

impl Returning {
    /// Stops what sqlx's thread still runs, waits for it, rolls back, and gives the session back.
    async fn give_back(mut self) {
        if let Some(held) = &mut self.0
            && held.stop_sqlx().await.is_err()
        {
            return;
        }
        let give_back = move || {
            if let Some(held) = self.0.take() {
                // Told to the session, which is not clean afterwards.
                drop(held.session.check_codec());
                held.give_back();
            }
        };
        drop(blocking::spawn(give_back).await);
    }
}

impl Drop for Returning {
    fn drop(&mut self) {
        let Some(held) = self.0.take() else { return };
        let Held {
            lent,
            mut session,
            turn,
            slot,
        } = *held;
        if let Some(lent) = lent {
            lent.cancel.cancel();
            // The handle must not be touched while sqlx's thread is at work on it. That thread
            // needs no runtime, and has just been told to stop.
            drop(pollster::block_on(session.wait_for_sqlx()));
        }
        // Closing it rolls back.
        slot.pool.take_back(session, false);
        drop(turn);
    }
}

impl Held {
    async fn stop_sqlx(&mut self) -> Result<(), DatabaseError> {
        let Some(lent) = &self.lent else {
            return Ok(());
        };
        lent.cancel.cancel();
        self.session.wait_for_sqlx().await?;
        // Only now: until then the handle belongs to sqlx's thread, also for `drop`.
        self.lent = None;
        self.session.cancellation().end_call();
        Ok(())
    }

    fn give_back(self) {
        let Self {
            lent: _,
            session,
            turn,
            slot,
        } = self;
        let rolled_back = session.roll_back_to(0).is_ok();
        let clean = rolled_back && !std::thread::panicking() && session.is_clean();
        slot.pool.take_back(session, clean);
        drop(turn);
        drop(slot);
    }
}
