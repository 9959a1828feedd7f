//! `ConnectionPool`: what a program holds of a pool.

use std::sync::Arc;

use super::{PoolInner, PoolLimits, PoolStats, PooledConnection};
use crate::blocking;
use crate::error::DatabaseError;
use crate::fork;
use crate::open::Opened;

/// A pool of connections to one database, encrypted or not.
///
/// Connections are opened when they are needed, up to the maximum, handed out in the order of
/// asking, and taken back only clean: in autocommit, with their settings unchanged and every page
/// authentic. Any other is closed and replaced. Clones share the pool.
///
/// Most programs use it through [`AsyncDatabase`](crate::AsyncDatabase).
#[derive(Clone, Debug)]
pub struct ConnectionPool {
    inner: Arc<PoolInner>,
}

impl ConnectionPool {
    pub(crate) async fn open(opened: Opened) -> Result<Self, DatabaseError> {
        let inner = Arc::new(PoolInner::new(opened));
        if inner.is_encrypted() {
            blocking::stop_at_exit();
            fork::hold_memory_lock();
        }
        inner.fill().await?;
        Ok(Self { inner })
    }

    pub(crate) fn inner(&self) -> &Arc<PoolInner> {
        &self.inner
    }

    /// Waits for a connection.
    ///
    /// # Errors
    /// - [`DatabaseError::PoolExhausted`]: none came free within the acquire timeout.
    /// - [`DatabaseError::Connection`]: the pool is closed, or a new connection cannot be opened
    ///   after all attempts.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing: the place in the queue is given up.
    pub async fn acquire(&self) -> Result<PooledConnection, DatabaseError> {
        let lease = self.inner.acquire().await?;
        Ok(PooledConnection::new(Arc::clone(&self.inner), lease))
    }

    /// The same as [`acquire`](Self::acquire), under the name that `kstlib.db` gives it.
    ///
    /// # Errors
    /// Those of [`acquire`](Self::acquire).
    pub async fn connection(&self) -> Result<PooledConnection, DatabaseError> {
        self.acquire().await
    }

    /// Gives a connection back and waits until it is ready for the next caller. Dropping it does
    /// the same without waiting. It is taken by value, so it cannot be given back twice.
    ///
    /// # Cancel safety
    /// Dropping the future gives the connection back without waiting.
    pub async fn release(&self, connection: PooledConnection) {
        connection.release().await;
    }

    /// Closes the pool: refuses new callers at once, also those who wait, lets those at work finish
    /// for at most the acquire timeout, closes every connection and wipes the key.
    ///
    /// Closing again does nothing. A connection that is still in use afterwards is closed when it
    /// comes back.
    ///
    /// # Errors
    /// [`DatabaseConnectionError::StillInUse`](crate::error::DatabaseConnectionError::StillInUse)
    /// when connections are in use after the timeout.
    ///
    /// # Cancel safety
    /// The pool is closed even if the future is dropped; only the waiting ends.
    pub async fn close(&self) -> Result<(), DatabaseError> {
        self.inner.close().await
    }

    /// Counts the connections that are open.
    #[must_use]
    pub fn size(&self) -> usize {
        self.inner.size()
    }

    /// Tells whether [`close`](Self::close) was called.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    /// Takes a snapshot of the counters.
    #[must_use]
    pub fn stats(&self) -> PoolStats {
        self.inner.stats()
    }

    /// The limits that the pool runs with, after clamping.
    #[must_use]
    pub fn limits(&self) -> &PoolLimits {
        self.inner.limits()
    }
}
