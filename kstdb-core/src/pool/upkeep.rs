//! What a pool does when nobody writes for a while: it empties the WAL, so that readers look through
//! a short one, and a crash leaves little to recover.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use super::inner::PoolInner;
use crate::blocking;

/// How long nobody has written when the WAL is emptied.
const IDLE: Duration = Duration::from_secs(1);

/// When the WAL is to be emptied.
#[derive(Debug, Default)]
pub(super) struct Upkeep {
    writes: AtomicU64,
    planned: AtomicBool,
}

impl PoolInner {
    /// Notes a write, after which the WAL is emptied when the time has come.
    pub(super) fn plan_upkeep(self: &Arc<Self>) {
        self.upkeep().writes.fetch_add(1, Ordering::Relaxed);
        if self.file().is_none() || self.upkeep().planned.swap(true, Ordering::AcqRel) {
            return;
        }
        let pool = Arc::downgrade(self);
        let mut seen = self.upkeep().writes.load(Ordering::Relaxed);
        self.runtime().spawn(async move {
            loop {
                tokio::time::sleep(IDLE).await;
                // A pool that nobody has any more has emptied it.
                let Some(pool) = pool.upgrade() else { return };
                let writes = pool.upkeep().writes.load(Ordering::Relaxed);
                if writes == seen {
                    // Whoever writes from here on plans anew.
                    pool.upkeep().planned.store(false, Ordering::Release);
                    return pool.empty_wal().await;
                }
                seen = writes;
            }
        });
    }

    /// Empties the WAL unless somebody is at work: he will be followed by another upkeep.
    async fn empty_wal(self: &Arc<Self>) {
        let Some(turn) = self.writer().try_turn() else {
            return;
        };
        let Some(mut lease) = self.try_idle() else {
            return;
        };
        lease.give_turn(turn);
        let emptied = blocking::spawn(move || {
            match lease.session().empty_wal() {
                Ok(true) => {}
                Ok(false) => tracing::debug!("a reader keeps the WAL"),
                Err(error) => tracing::debug!(%error, "the WAL was not emptied"),
            }
            drop(lease);
        });
        drop(emptied.await);
    }
}
