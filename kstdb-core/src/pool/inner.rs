//! What all handles of a pool share: slots, idle sessions, the writer turn, the way in and out.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt as _;
use tokio::runtime::Handle;
use tokio::sync::{Notify, Semaphore};
use tokio::time::Instant;
use tracing::Instrument as _;

use super::lease::{Lease, Slot};
use super::options::PoolLimits;
use super::process::Process;
use super::queue::Queue;
use super::records::Records;
use super::sole_writer::SoleWriter;
use super::stats::{Counters, PoolStats};
use super::upkeep::Upkeep;
use super::wait::{WaitError, until};
use super::wal::Wal;
use super::writer::{Gate, Writer, WriterTurn};
use crate::error::{DatabaseConnectionError, DatabaseError, PoolExhaustedError, Waited};
use crate::observe;
use crate::open::{Anchor, KeySlot, Opened};
use crate::session::{Session, SessionSettings};

/// Connections that close by themselves at the same time, far more than there are.
pub(super) const CLOSERS: u32 = 4_096;

pub(crate) struct PoolInner {
    pub(super) path: PathBuf,
    pub(super) sqlx: sqlx::SqlitePool,
    pub(super) settings: SessionSettings,
    pub(super) limits: PoolLimits,
    pub(super) key: KeySlot,
    pub(super) slots: Arc<Semaphore>,
    all_slots: usize,
    pub(super) returned: Notify,
    /// A permit for each connection that closes by itself.
    pub(super) closers: Arc<Semaphore>,
    pub(super) idle: Mutex<Vec<Session>>,
    reads: Queue,
    records: Records,
    writes: Queue,
    wal: Wal,
    upkeep: Upkeep,
    pub(super) open: AtomicUsize,
    pub(super) closed: AtomicBool,
    writer: Arc<Writer>,
    pub(super) closing: Notify,
    pub(super) counters: Counters,
    runtime: Handle,
    pub(super) process: Process,
    pub(super) anchor: Mutex<Option<Anchor>>,
    /// The right of this process to write, once it has written.
    pub(super) sole: Mutex<Option<Arc<SoleWriter>>>,
}

impl PoolInner {
    pub(crate) fn new(opened: Opened) -> Self {
        let Opened {
            path,
            sqlx,
            settings,
            limits,
            key,
            anchor,
        } = opened;
        let writer = if settings.in_memory {
            Arc::new(Writer::new())
        } else {
            Writer::of_file(&path)
        };
        let wal = Wal::of((!settings.in_memory).then_some(&*path));
        let all_slots = usize::try_from(limits.max_connections).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            path,
            sqlx,
            settings,
            key,
            slots: Arc::new(Semaphore::new(all_slots)),
            all_slots,
            returned: Notify::new(),
            closers: Arc::new(Semaphore::new(CLOSERS as usize)),
            idle: Mutex::default(),
            reads: Queue::default(),
            records: Records::default(),
            writes: Queue::default(),
            wal,
            upkeep: Upkeep::default(),
            open: AtomicUsize::new(0),
            closed: AtomicBool::new(false),
            writer,
            closing: Notify::new(),
            counters: Counters::default(),
            runtime: Handle::current(),
            process: Process::current(),
            anchor: Mutex::new(anchor),
            sole: Mutex::default(),
            limits,
        }
    }

    /// Opens the connections that the pool keeps from the start: one alone, since it may have to
    /// switch the file to WAL, and then the others side by side.
    pub(crate) async fn fill(self: &Arc<Self>) -> Result<(), DatabaseError> {
        if self.limits.min_connections == 0 {
            return Ok(());
        }
        let first = self.acquire().await?;
        let others = (1..self.limits.min_connections).map(|_| self.acquire());
        drop((first, futures_util::future::try_join_all(others).await?));
        Ok(())
    }

    /// When a call that begins now has waited for long enough: for a connection, for its opening
    /// and for the writer turn together.
    pub(crate) fn deadline(&self) -> Instant {
        Instant::now() + self.limits.acquire_timeout
    }

    /// Waits for an idle session, or opens one.
    pub(crate) async fn acquire(self: &Arc<Self>) -> Result<Lease, DatabaseError> {
        let asked = Instant::now();
        let acquired = self.acquire_until(self.deadline()).await;
        observe::acquired(asked.elapsed());
        acquired
    }

    pub(crate) async fn acquire_until(
        self: &Arc<Self>,
        deadline: Instant,
    ) -> Result<Lease, DatabaseError> {
        self.process.check()?;
        let slot = self.slot(deadline).await?;
        self.lease(slot, deadline).await
    }

    /// Takes a slot if one is free.
    pub(super) fn try_slot(self: &Arc<Self>) -> Option<Slot> {
        self.process.check().ok()?;
        let permit = Arc::clone(&self.slots).try_acquire_owned().ok()?;
        let mut slot = Slot::without_permit(Arc::clone(self));
        slot.give(permit);
        Some(slot)
    }

    /// Takes a session if one is idle.
    pub(super) fn try_idle(self: &Arc<Self>) -> Option<Lease> {
        let slot = self.try_slot()?;
        let session = self.idle().pop()?;
        self.counters.acquired.add_one();
        Some(Lease::new(session, slot))
    }

    /// Waits for a slot.
    pub(super) async fn slot(self: &Arc<Self>, deadline: Instant) -> Result<Slot, DatabaseError> {
        // Before the permit: it is given to one who waits, and given back if that one is gone before
        // he looks. Whoever waits for its return hears of that, too.
        let mut slot = Slot::without_permit(Arc::clone(self));
        let permit = Arc::clone(&self.slots).acquire_owned();
        let waiting = until(deadline, permit);
        let waiting = waiting.instrument(tracing::debug_span!("acquire"));
        let permit = waiting.boxed().await;
        slot.give(permit.map_err(|error| self.wait_failed(error, Waited::Connection))?);
        Ok(slot)
    }

    /// Hands out an idle session, or opens one. Whatever fails gives the slot up.
    pub(super) async fn lease(
        &self,
        slot: Slot,
        deadline: Instant,
    ) -> Result<Lease, DatabaseError> {
        let idle = self.idle().pop();
        let session = match idle {
            Some(session) => session,
            // Boxed, as all that is rare: futures of futures are types of types to the compiler.
            None => tokio::time::timeout_at(deadline, self.open_session().boxed())
                .await
                .map_err(|_| self.wait_failed(WaitError::TimedOut, Waited::Connection))??,
        };
        self.counters.acquired.add_one();
        Ok(Lease::new(session, slot))
    }

    pub(super) fn wait_failed(&self, error: WaitError, waited_for: Waited) -> DatabaseError {
        match error {
            WaitError::Closed => DatabaseConnectionError::Closed.into(),
            WaitError::TimedOut => {
                self.counters.timeouts.add_one();
                observe::timed_out();
                PoolExhaustedError {
                    waited_for,
                    max_connections: self.limits.max_connections,
                    waited: self.limits.acquire_timeout,
                }
                .into()
            }
        }
    }

    /// Waits at the gate that precedes the writer turn.
    pub(crate) async fn gate(&self, deadline: Instant) -> Result<Gate, DatabaseError> {
        self.process.check()?;
        self.unless_closed(self.writer.gate(deadline)).await
    }

    /// Waits for the writer turn, with a connection in hand.
    pub(crate) async fn turn(
        &self,
        gate: Option<Gate>,
        deadline: Instant,
    ) -> Result<WriterTurn, DatabaseError> {
        let turn = self.unless_closed(self.writer.turn(gate, deadline)).await?;
        if self.claim().is_err() {
            self.claim_in_time().boxed().await?;
        }
        Ok(turn)
    }

    /// Waits for something of the writer, which other pools share, until this pool is closed.
    async fn unless_closed<T>(
        &self,
        wait: impl Future<Output = Result<T, WaitError>>,
    ) -> Result<T, DatabaseError> {
        let closing = self.closing.notified();
        let waited = if self.is_closed() {
            Err(WaitError::Closed)
        } else {
            tokio::select! {
                biased;
                waited = wait => waited,
                () = closing => Err(WaitError::Closed),
            }
        };
        waited.map_err(|error| self.wait_failed(error, Waited::WriterTurn))
    }

    pub(crate) fn settings(&self) -> &SessionSettings {
        &self.settings
    }

    pub(super) fn slots(&self) -> &Arc<Semaphore> {
        &self.slots
    }

    pub(super) fn reads(&self) -> &Queue {
        &self.reads
    }

    pub(super) fn records(&self) -> &Records {
        &self.records
    }

    pub(super) fn writes(&self) -> &Queue {
        &self.writes
    }

    pub(super) fn upkeep(&self) -> &Upkeep {
        &self.upkeep
    }

    pub(super) fn wal(&self) -> &Wal {
        &self.wal
    }

    pub(super) fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Session>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a session back: clean ones wait for the next caller, any other is closed.
    pub(crate) fn take_back(&self, session: Session, clean: bool) {
        self.counters.released.add_one();
        if clean && !self.is_closed() {
            self.idle().push(session);
            // `close` may have emptied the list in between.
            if self.is_closed() {
                let late = std::mem::take(&mut *self.idle());
                late.into_iter().for_each(|session| self.discard(session));
            }
            return;
        }
        if !clean {
            self.counters.errors.add_one();
            observe::connection_replaced();
            tracing::debug!("a connection was not clean and is replaced");
        }
        self.discard(session);
    }

    pub(super) fn discard(&self, session: Session) {
        session.discard(Arc::clone(&self.closers).try_acquire_owned().ok());
        self.open.fetch_sub(1, Ordering::AcqRel);
    }

    pub(super) fn active(&self) -> usize {
        self.all_slots - self.slots.available_permits()
    }

    /// One slot is free again.
    pub(super) fn slot_returned(&self) {
        self.returned.notify_waiters();
    }

    pub(crate) fn size(&self) -> usize {
        self.open.load(Ordering::Acquire)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    pub(crate) fn only_reads(&self) -> bool {
        self.settings.mode.only_reads()
    }

    pub(crate) fn is_encrypted(&self) -> bool {
        self.settings.encrypted
    }

    pub(crate) fn stats(&self) -> PoolStats {
        self.counters.snapshot(self.idle().len())
    }

    pub(crate) fn limits(&self) -> &PoolLimits {
        &self.limits
    }

    pub(crate) fn key(&self) -> &KeySlot {
        &self.key
    }

    pub(crate) fn writer(&self) -> &Writer {
        &self.writer
    }

    /// The file of the database; `None` in memory.
    pub(crate) fn file(&self) -> Option<&Path> {
        (!self.settings.in_memory).then_some(&*self.path)
    }

    /// The runtime that the pool was opened on.
    pub(crate) fn runtime(&self) -> &Handle {
        &self.runtime
    }
}

impl std::fmt::Debug for PoolInner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConnectionPool")
            .field("path", &self.path)
            .field("limits", &self.limits)
            .field("encrypted", &self.settings.encrypted)
            .field("size", &self.size())
            .field("closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}
