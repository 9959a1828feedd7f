//! What sixteen tasks write behind the last row of a table.

use super::Peers;
use crate::curves::Curve;
use crate::row::{Peer, Row, Unit};
use crate::rows::transaction::{self, INSERTS};
use crate::rows::write;
use crate::scale::Scale;
use crate::tasks;

const TASKS: i64 = 16;

/// Inserts, transactions.
pub(super) struct SixteenTasks {
    pub(super) curves: [Curve; 2],
}

impl SixteenTasks {
    pub(super) fn new() -> Self {
        let inserts = "HMAC and AES of what commits write, then waking the callers";
        let transactions = "HMAC and AES of what commits write, one writer at a time";
        Self {
            curves: [
                Curve::new("inserts, sixteen tasks", "rows", Unit::Rows, inserts),
                Curve::new(
                    "a read and ten inserts, sixteen tasks",
                    "rows",
                    Unit::Transactions,
                    transactions,
                ),
            ],
        }
    }

    /// Writes, and takes away again what was written, which is not measured.
    pub(super) async fn write(&mut self, peers: &mut Peers, scale: &Scale) -> anyhow::Result<()> {
        let [inserts, transactions] = &mut self.curves;
        let (insert, transaction) = (inserts.at(peers.rows), transactions.at(peers.rows));
        for _ in 0..scale.curve_rounds {
            insert_rows(peers, insert, scale.curve_writes / TASKS).await?;
            run_transactions(peers, transaction, scale.curve_transactions / TASKS).await?;
        }
        Ok(())
    }
}

async fn insert_rows(peers: &mut Peers, row: &mut Row, each: i64) -> anyhow::Result<()> {
    let (base, all) = (i64::from(peers.rows), TASKS * each);
    let writer = peers.db.clone();
    let write = move |call| {
        let db = writer.clone();
        async move { write::with_kstdb(&db, base + call).await }
    };
    row.add_ours(&tasks::run(TASKS, each, write).await?, 1);
    peers.take_away()?;

    let writer = peers.pool.clone();
    let write = move |call| {
        let pool = writer.clone();
        async move { write::with_sqlx(&pool, base + call).await }
    };
    let ran = tasks::run(TASKS, each, write).await?;
    row.add(Peer::Sqlx, ran.succeeded, ran.elapsed);
    peers.take_away()?;

    let ids = tasks::order(TASKS, each).into_iter();
    let elapsed = write::with_rusqlite(&peers.connection, ids.map(|call| base + call))?;
    row.add(Peer::Rusqlite, all, elapsed);
    peers.take_away()?;
    Ok(())
}

async fn run_transactions(peers: &mut Peers, row: &mut Row, each: i64) -> anyhow::Result<()> {
    // The first number whose keys lie behind the last row.
    let (base, all) = (i64::from(peers.rows) / INSERTS + 1, TASKS * each);
    let writer = peers.db.clone();
    let write = move |call| {
        let db = writer.clone();
        async move { transaction::with_kstdb(&db, base + call).await }
    };
    row.add_ours(&tasks::run(TASKS, each, write).await?, 1);
    peers.take_away()?;

    let writer = peers.pool.clone();
    let write = move |call| {
        let pool = writer.clone();
        async move { transaction::with_sqlx(&pool, base + call).await }
    };
    let ran = tasks::run(TASKS, each, write).await?;
    row.add(Peer::Sqlx, ran.succeeded, ran.elapsed);
    peers.take_away()?;

    let numbers = tasks::order(TASKS, each).into_iter();
    let numbers = numbers.map(|call| base + call);
    let elapsed = transaction::with_rusqlite(&mut peers.connection, numbers)?;
    row.add(Peer::Rusqlite, all, elapsed);
    peers.take_away()?;
    Ok(())
}
