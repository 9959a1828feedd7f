//! The same number of calls from one task up to many.

use std::path::Path;
use std::time::Instant;

use super::Curve;
use crate::data;
use crate::peers::{self, Key, POOL};
use crate::row::{Peer, Unit};
use crate::rows::transaction::{self, INSERTS};
use crate::rows::{point, write};
use crate::scale::Scale;

const TASKS: [u32; 7] = [1, 2, 4, 8, 16, 64, 256];

pub(super) async fn measure(dir: &Path, scale: &Scale) -> anyhow::Result<Vec<Curve>> {
    Ok(vec![
        reads(dir, scale).await?,
        writes(dir, scale).await?,
        transactions(dir, scale).await?,
    ])
}

async fn reads(dir: &Path, scale: &Scale) -> anyhow::Result<Curve> {
    let limit = "the cores: from their number on there is none to add";
    let mut curve = Curve::new("point reads", "tasks", Unit::Queries, limit);
    let (rows, calls) = (scale.table_rows, scale.curve_reads);
    let path = data::create(dir, "curve-reads.db", Key::Raw, rows).await?;
    let db = peers::kstdb(&path, Key::Raw, POOL).await?;
    let pool = peers::sqlx(&path, Key::Raw, POOL).await?;
    for count in TASKS {
        let row = curve.at(count);
        let (count, each) = (i64::from(count), calls / i64::from(count));
        for _ in 0..scale.curve_rounds {
            let ran = point::with_kstdb(&db, count, each, rows).await?;
            row.add(Peer::Kstdb, ran.succeeded, ran.elapsed);
            let ran = point::with_sqlx(&pool, count, each, rows).await?;
            row.add(Peer::Sqlx, ran.succeeded, ran.elapsed);
            let start = Instant::now();
            point::read_with_rusqlite(&path, rows, 0..calls)?;
            row.add(Peer::Rusqlite, calls, start.elapsed());
        }
    }
    db.close().await?;
    pool.close().await;
    Ok(curve)
}

async fn writes(dir: &Path, scale: &Scale) -> anyhow::Result<Curve> {
    let limit = "commits, of which up to sixteen callers share one";
    let mut curve = Curve::new("inserts, each a transaction", "tasks", Unit::Rows, limit);
    let calls = scale.curve_writes;
    let ours = data::create(dir, "curve-writes-a.db", Key::Raw, 0).await?;
    let theirs = data::create(dir, "curve-writes-b.db", Key::Raw, 0).await?;
    let limit = data::create(dir, "curve-writes-c.db", Key::Raw, 0).await?;
    let db = peers::kstdb(&ours, Key::Raw, POOL).await?;
    let pool = peers::sqlx(&theirs, Key::Raw, POOL).await?;
    let mut base = 0;
    for count in TASKS {
        let row = curve.at(count);
        let (count, each) = (i64::from(count), calls / i64::from(count));
        for _ in 0..scale.curve_rounds {
            let ran = write::with_kstdb(&db, count, each, base).await?;
            row.add(Peer::Kstdb, ran.succeeded, ran.elapsed);
            let ran = write::with_sqlx(&pool, count, each, base).await?;
            row.add(Peer::Sqlx, ran.succeeded, ran.elapsed);
            let normal = kstdb_core::Synchronous::Normal;
            let elapsed = write::write_with_rusqlite(&limit, normal, base..base + calls)?;
            row.add(Peer::Rusqlite, calls, elapsed);
            base += calls;
        }
    }
    db.close().await?;
    pool.close().await;
    Ok(curve)
}

async fn transactions(dir: &Path, scale: &Scale) -> anyhow::Result<Curve> {
    let limit = "the one writer at a time: more tasks wait longer, none fails";
    let mut curve = Curve::new("a read and ten inserts", "tasks", Unit::Transactions, limit);
    let calls = scale.curve_transactions;
    let ours = data::create(dir, "curve-tx-a.db", Key::Raw, 0).await?;
    let theirs = data::create(dir, "curve-tx-b.db", Key::Raw, 0).await?;
    let limit = data::create(dir, "curve-tx-c.db", Key::Raw, 0).await?;
    let db = peers::kstdb(&ours, Key::Raw, POOL).await?;
    let pool = peers::sqlx(&theirs, Key::Raw, POOL).await?;
    let mut base = 0;
    for count in TASKS {
        let row = curve.at(count);
        let (count, each) = (i64::from(count), calls / i64::from(count));
        for _ in 0..scale.curve_rounds {
            let ran = transaction::with_kstdb(&db, count, each, base).await?;
            row.add(Peer::Kstdb, ran.succeeded, ran.elapsed);
            let ran = transaction::with_sqlx(&pool, count, each, base).await?;
            row.add(Peer::Sqlx, ran.succeeded, ran.elapsed);
            let elapsed = transaction::with_rusqlite(&limit, base, calls)?;
            row.add(Peer::Rusqlite, calls, elapsed);
            base += calls * INSERTS;
        }
    }
    db.close().await?;
    pool.close().await;
    Ok(curve)
}
