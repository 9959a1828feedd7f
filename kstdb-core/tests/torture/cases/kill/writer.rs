//! The child that writes: a few tasks, with checkpoints in between, until it is killed.

use std::path::Path;

use kstdb_core::Synchronous;

use crate::cases::process;
use crate::support::{Append, Ledger, builder, on_runtime};

/// How many tasks write at once, by the child's seed.
pub(super) const fn writers(seed: u64) -> u64 {
    1 + seed % 4
}

/// What a commit waits for. The system lives on, so that neither loses anything.
const fn synchronous(seed: u64) -> Synchronous {
    if seed & 32 != 0 {
        Synchronous::Normal
    } else {
        Synchronous::Full
    }
}

/// Appends to a ledger and acknowledges each transaction after its commit.
pub(crate) fn writer(database: &Path, seed: u64) -> anyhow::Result<()> {
    on_runtime(async {
        let db = builder(database)
            .max_connections(4)
            .synchronous(synchronous(seed))
            .connect()
            .await?;
        let ledger = Ledger::of(&db);
        ledger.create().await?;
        let mut tasks = tokio::task::JoinSet::new();
        for task in 0..writers(seed) {
            tasks.spawn(append(ledger.clone(), seed ^ task));
        }
        if seed & 8 != 0 {
            tasks.spawn(checkpoint(ledger, seed));
        }
        while let Some(ended) = tasks.join_next().await {
            ended??;
        }
        Ok(())
    })
}

async fn append(ledger: Ledger, seed: u64) -> anyhow::Result<()> {
    let mut rng = fastrand::Rng::with_seed(seed);
    loop {
        let n = ledger.append(Append::nth(rng.u64(..))).await?;
        process::tell(n)?;
    }
}

async fn checkpoint(ledger: Ledger, seed: u64) -> anyhow::Result<()> {
    let sql = if seed & 16 != 0 {
        "PRAGMA wal_checkpoint(TRUNCATE)"
    } else {
        "PRAGMA wal_checkpoint(PASSIVE)"
    };
    loop {
        let _: (i64, i64, i64) = ledger.db.fetch_one(sql, ()).await?;
        tokio::task::yield_now().await;
    }
}
