//! The end of a pool: closed by its user, or dropped.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::inner::{CLOSERS, PoolInner};
use super::process::leave;
use super::wait::until;
use crate::blocking;
use crate::error::{DatabaseConnectionError, DatabaseError};
use crate::session::Session;

/// How long a pool that closes waits for the writer turn, which only another pool on its file can
/// have: that one tidies up when it closes.
const WAIT_TO_TIDY_UP: Duration = Duration::from_millis(100);

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
        // If this future is dropped, nothing that is idle stays open.
        let _rest = Rest(self);
        let drained = self.drain().await;
        // **Invariant:** nobody checkpoints while another connection commits: whoever has the turn,
        // in another pool on this file, finds the log as it is.
        let soon = Instant::now() + WAIT_TO_TIDY_UP;
        let turn = self.writer().turn(None, soon).await.ok();
        let turn = turn.filter(|_| self.claim().is_ok());
        self.close_idle(move |last| {
            if turn.is_some() {
                last.tidy_up();
            }
            drop(turn);
        })
        .await;
        // Those that were replaced, or came back while it closed.
        let replaced = Arc::clone(&self.closers).acquire_many_owned(CLOSERS);
        if until(self.deadline(), replaced).await.is_err() {
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
        // Whoever is still at work can still commit: then it goes with the pool.
        if drained.is_ok() {
            *self.sole.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
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

    /// Closes the sessions that nobody uses; the last one is given to `tidy` before that. It goes on
    /// if this future is dropped.
    pub(super) async fn close_idle(&self, tidy: impl FnOnce(&Session) + Send + 'static) {
        let mut sessions = std::mem::take(&mut *self.idle());
        self.open.fetch_sub(sessions.len(), Ordering::AcqRel);
        let closed = blocking::spawn(move || {
            let last = sessions.pop();
            sessions.into_iter().for_each(Session::close);
            if let Some(last) = last {
                tidy(&last);
                last.close();
            }
        });
        drop(closed.await);
    }
}

/// Closes what is idle when it is dropped, without waiting for it.
struct Rest<'pool>(&'pool PoolInner);

impl Drop for Rest<'_> {
    fn drop(&mut self) {
        let idle = std::mem::take(&mut *self.0.idle());
        idle.into_iter().for_each(|session| self.0.discard(session));
    }
}

/// **Invariant:** a pool that nobody has any more has closed its connections when it is gone. Their
/// threads would otherwise close them while the process ends, with a cryptographic library that
/// its own exit handler has taken down already.
impl Drop for PoolInner {
    fn drop(&mut self) {
        let idle = self.idle.get_mut().unwrap_or_else(PoisonError::into_inner);
        for session in std::mem::take(idle) {
            if self.process.was_forked() || blocking::is_ending() {
                leave(session);
            } else {
                blocking::here(|| session.close());
            }
        }
    }
}
