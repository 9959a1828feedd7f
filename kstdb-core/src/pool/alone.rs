//! A pool that stands still: no caller has a connection, nobody writes, and those who come wait.

use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;

use super::inner::PoolInner;
use super::wait::until;
use super::writer::WriterTurn;
use crate::error::{DatabaseError, Waited};
use crate::session::Session;

/// All connections of a pool and the writer turn, given back when dropped.
///
/// **Invariant:** as long as it lives the pool opens no connection, since each needs a slot.
#[derive(Debug)]
pub(crate) struct Alone {
    pool: Arc<PoolInner>,
    slots: Option<OwnedSemaphorePermit>,
    turn: Option<WriterTurn>,
}

impl Alone {
    pub(crate) fn pool(&self) -> &Arc<PoolInner> {
        &self.pool
    }

    /// Closes every connection of the pool; the last one empties the write-ahead log.
    pub(crate) async fn close_connections(&self) {
        self.pool.close_idle(Session::tidy_up).await;
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        drop(self.turn.take());
        drop(self.slots.take());
        self.pool.slot_returned();
    }
}

impl PoolInner {
    /// Waits until the pool stands still: until every caller has given its connection back. Those
    /// who ask later wait behind.
    pub(crate) async fn alone(self: &Arc<Self>) -> Result<Alone, DatabaseError> {
        // In the order gate, connections, turn, as all do who write.
        let deadline = self.deadline();
        let gate = self.gate(deadline).await?;
        // Before its slots: it speaks up whenever they go, also if this future is dropped.
        let mut alone = Alone {
            pool: Arc::clone(self),
            slots: None,
            turn: None,
        };
        let most = self.limits().max_connections;
        let all = Arc::clone(self.slots()).acquire_many_owned(most);
        let slots = until(deadline, all).await;
        alone.slots = Some(slots.map_err(|error| self.wait_failed(error, Waited::Connection))?);
        alone.turn = Some(self.turn(Some(gate), deadline).await?);
        Ok(alone)
    }
}
