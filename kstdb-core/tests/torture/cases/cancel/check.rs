//! What must hold after a call was dropped.

use anyhow::{Context as _, ensure};
use kstdb_core::{AsyncDatabase, DatabaseError};

use super::checked;
use crate::support::{Append, Ledger, until, within};

/// A table whose rows come in tens, and one that queries were checked with.
pub(super) async fn set_up(db: &AsyncDatabase) -> Result<(), DatabaseError> {
    db.execute(checked::TABLE, ()).await?;
    db.execute("CREATE TABLE tens (n INTEGER)", ())
        .await
        .map(drop)
}

/// Nothing is half done, nobody keeps a lock, no connection is lost, no statement runs.
pub(super) async fn check(db: &AsyncDatabase, loaded: bool) -> anyhow::Result<()> {
    let ledger = Ledger::of(db);
    // Waits for the writer turn: whoever kept it would keep it for ever.
    within("append", ledger.append(Append::Write))
        .await?
        .context("cannot write")?;
    let tens: u64 = within("read", db.fetch_value("SELECT count(*) FROM tens", ())).await??;
    ensure!(tens.is_multiple_of(10), "a half commit: {tens} rows");
    let stats = db.stats();
    ensure!(
        stats.total_timeouts == 0,
        "somebody waited in vain: {stats:?}"
    );
    ensure!(db.pool_size() <= 2, "{} connections", db.pool_size());
    if loaded {
        return Ok(());
    }
    within("read", ledger.prefix()).await??;
    until("all connections are back", || {
        db.stats().active_connections == 0
    })
    .await
    .map_err(anyhow::Error::msg)?;
    both_connections(db).await
}

/// Each connection of the pool is as if it were new.
async fn both_connections(db: &AsyncDatabase) -> anyhow::Result<()> {
    let mut both = [
        within("acquire", db.connection()).await??,
        within("acquire", db.connection()).await??,
    ];
    for connection in &mut both {
        let enforced: i64 = connection.fetch_value("PRAGMA foreign_keys", ()).await?;
        ensure!(enforced == 1, "a setting was left behind");
        let mut transaction = within("begin", connection.begin()).await??;
        transaction.execute("UPDATE slot SET n = n", ()).await?;
        within("commit", transaction.commit()).await??;
    }
    Ok(())
}
