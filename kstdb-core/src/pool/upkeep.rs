//! What a pool does when nobody writes for a while: it empties the WAL, so that readers look through
//! a short one, and a crash leaves little to recover.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use super::inner::PoolInner;
use crate::blocking;

/// How long nobody has written when the WAL is emptied.
const IDLE: Duration = Duration::from_secs(1);

/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// When the WAL is to be emptied.
#[derive(Debug, Default)]
pub(super) struct Upkeep {
    writes: AtomicU64,
    planned: AtomicBool,
}

impl PoolInner {
    /// Notes a write, after which the WAL is emptied when the time has come.
    pub(super) fn plan_upkeep(self: &Arc<Self>) {
        self.upkeep().writes.fetch_add(1, Ordering::SeqCst);
        if self.file().is_none() || self.upkeep().planned.swap(true, Ordering::SeqCst) {
            return;
        }
        let pool = Arc::downgrade(self);
        let mut seen = self.upkeep().writes.load(Ordering::SeqCst);
        self.runtime().spawn(async move {
            let mut pause = IDLE;
            loop {
                tokio::time::sleep(pause).await;
                // A pool that nobody has any more has emptied it.
                let Some(pool) = pool.upgrade() else { return };
                if pool.is_closed() {
                    return;
                }
                let upkeep = pool.upkeep();
                let writes = upkeep.writes.load(Ordering::SeqCst);
                if writes != seen {
                    (seen, pause) = (writes, IDLE);
                } else if !pool.empty_wal().await {
                    // A reader keeps it, or somebody is at work who may not write at all.
                    pause = (2 * pause).min(LONGEST_PAUSE);
                } else {
                    upkeep.planned.store(false, Ordering::SeqCst);
                    // Whoever has written in between has planned nothing; from here on he does.
                    let writes = upkeep.writes.load(Ordering::SeqCst);
                    if writes == seen || upkeep.planned.swap(true, Ordering::SeqCst) {
                        return;
                    }
                    (seen, pause) = (writes, IDLE);
                }
            }
        });
    }

    /// Empties the WAL and refreshes the statistics of the query planner, unless somebody is at
    /// work. Tells whether the WAL is empty.
    async fn empty_wal(self: &Arc<Self>) -> bool {
        let Some(turn) = self.try_turn() else {
            return false;
        };
        let Some(mut lease) = self.try_idle() else {
            return false;
        };
        lease.give_turn(turn);
        let emptied = blocking::spawn(move || {
            lease.session().optimize();
            // Told to the session, which is not clean afterwards.
            drop(lease.session().check_codec());
            let emptied = match lease.session().empty_wal() {
                Ok(emptied) => emptied,
                Err(error) => {
                    tracing::debug!(%error, "the WAL was not emptied");
                    false
                }
            };
            drop(lease);
            emptied
        });
        emptied.await.unwrap_or(false)
    }
}
