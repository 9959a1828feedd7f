//! The end of a pool: closed by its user, or dropped.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use super::inner::{CLOSERS, PoolInner};
use super::process::leave;
use super::wait::within;
use crate::blocking;
use crate::error::{DatabaseConnectionError, DatabaseError};

impl PoolInner {
    /// Waits until the pool is closed, for those who work beside it without a connection of it.
    pub(crate) async fn closed(&self) {
        let closing = self.closing.notified();
        if !self.is_closed() {
            closing.await;
        }
    }

    /// See [`ConnectionPool::close`](super::ConnectionPool::close).
    pub(crate) async fn close(&self) -> Result<(), DatabaseError> {
        self.process.check()?;
        self.closed.store(true, Ordering::Release);
        self.key.wipe();
        self.closing.notify_waiters();
        self.slots.close();
        let drained = self.drain().await;
        self.close_idle().await;
        // Those that were replaced, or came back while it closed.
        let replaced = Arc::clone(&self.closers).acquire_many_owned(CLOSERS);
        if within(self.limits.acquire_timeout, replaced).await.is_err() {
            tracing::debug!("a connection that was replaced is still closing");
        }
        let sqlx_closed = self.sqlx.close();
        if drained.is_ok() {
            sqlx_closed.await;
        } else {
            // Closed, too, but it would wait for those that are still in use.
            drop(sqlx_closed);
        }
        *self.anchor.lock().unwrap_or_else(PoisonError::into_inner) = None;
        drained
    }

    /// Waits until every connection has come back, at most for the acquire timeout.
    async fn drain(&self) -> Result<(), DatabaseError> {
        let all_back = async {
            loop {
                let returned = self.returned.notified();
                if self.active() == 0 {
                    return;
                }
                returned.await;
            }
        };
        let waited = self.limits.acquire_timeout;
        tokio::time::timeout(waited, all_back).await.map_err(|_| {
            DatabaseConnectionError::StillInUse {
                active: self.active(),
                waited,
            }
            .into()
        })
    }

    /// Closes the sessions that nobody uses; the last one tidies the file up.
    pub(super) async fn close_idle(&self) {
        let mut sessions = std::mem::take(&mut *self.idle());
        let last = sessions.pop();
        for session in sessions {
            session.close().await;
            self.open.fetch_sub(1, Ordering::AcqRel);
        }
        let Some(last) = last else { return };
        let tidied = blocking::spawn(move || {
            last.tidy_up();
            last
        });
        if let Ok(last) = tidied.await {
            last.close().await;
        }
        self.open.fetch_sub(1, Ordering::AcqRel);
    }
}

/// **Invariant:** a pool that nobody has any more has closed its connections when it is gone. Their
/// threads would otherwise close them while the process ends, with a cryptographic library that
/// its own exit handler has taken down already.
impl Drop for PoolInner {
    fn drop(&mut self) {
        let idle = self.idle.get_mut().unwrap_or_else(PoisonError::into_inner);
        for session in std::mem::take(idle) {
            if self.process.was_forked() {
                leave(session);
            } else {
                // Needs no runtime: each connection's own thread answers.
                pollster::block_on(session.close());
            }
        }
    }
}
