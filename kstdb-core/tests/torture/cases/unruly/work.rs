//! Tasks at work on a ledger, until something ends them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::ensure;
use futures_util::TryStreamExt as _;
use kstdb_core::{AsyncDatabase, DatabaseError};
use tokio::task::JoinSet;

use crate::support::{Append, Ledger, builder, checked_from_inside, until, within};

/// What tasks were told.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    highest: Arc<AtomicU64>,
    count: Arc<AtomicU64>,
}

impl Told {
    /// Waits until so many transactions were acknowledged.
    pub(super) async fn acknowledged(&self, enough: u64) -> anyhow::Result<()> {
        until("transactions are acknowledged", || {
            self.count.load(Ordering::Acquire) >= enough
        })
        .await
        .map_err(anyhow::Error::msg)
    }

    /// The last transaction that somebody was told of.
    pub(super) fn last(&self) -> u64 {
        self.highest.load(Ordering::Acquire)
    }
}

/// Starts tasks that write and read in every way until they get an error.
pub(super) fn start(db: &AsyncDatabase, tasks: u64, told: &Told) -> JoinSet<DatabaseError> {
    let mut running = JoinSet::new();
    for task in 0..tasks {
        let (ledger, told) = (Ledger::of(db), told.clone());
        running.spawn(async move {
            loop {
                if let Err(error) = round(&ledger, task, &told).await {
                    return error;
                }
            }
        });
    }
    running
}

async fn round(ledger: &Ledger, task: u64, told: &Told) -> Result<(), DatabaseError> {
    let n = ledger.append(Append::nth(task)).await?;
    told.highest.fetch_max(n, Ordering::AcqRel);
    told.count.fetch_add(1, Ordering::AcqRel);
    let rows = "SELECT n FROM entry";
    ledger
        .db
        .fetch::<(u64,)>(rows, ())
        .try_collect::<Vec<_>>()
        .await?;
    let mut connection = ledger.db.connection().await?;
    connection
        .fetch_value::<u64>("SELECT max(n) FROM entry", ())
        .await
        .map(drop)
}

/// Opens the database once more: everything that somebody was told of is there.
pub(super) async fn look(path: &std::path::Path, told: u64) -> anyhow::Result<()> {
    let db = within("open", builder(path).connect()).await??;
    let last = Ledger::of(&db).prefix().await?;
    ensure!(last >= told, "lost: {told} acknowledged, {last} there");
    checked_from_inside(&db).await?;
    within("close", db.close()).await??;
    Ok(())
}
