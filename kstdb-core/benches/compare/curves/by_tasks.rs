//! The same number of calls from one task up to many.

use std::path::Path;
use std::time::Instant;

use kstdb_core::sqlx;

use super::Curve;
use crate::data::{self, INSERT, Record, SELECT_ONE, scattered};
use crate::peers::{self, Key, POOL};
use crate::row::{Peer, Unit};
use crate::rows::point::read_with_rusqlite;
use crate::rows::transaction::{INSERTS, by_hand, in_one_hop, with_rusqlite};
use crate::rows::write::write_with_rusqlite;
use crate::scale::Scale;
use crate::tasks;

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
            let reader = db.clone();
            let ran = tasks::run(count, each, move |call| {
                let db = reader.clone();
                async move {
                    let _: Record = db.fetch_one(SELECT_ONE, (scattered(call, rows),)).await?;
                    Ok(())
                }
            });
            let ran = ran.await?;
            row.add(Peer::Kstdb, ran.succeeded, ran.elapsed);

            let reader = pool.clone();
            let ran = tasks::run(count, each, move |call| {
                let pool = reader.clone();
                async move {
                    let query = sqlx::query_as::<_, Record>(SELECT_ONE).bind(scattered(call, rows));
                    query.fetch_one(&pool).await?;
                    Ok(())
                }
            });
            let ran = ran.await?;
            row.add(Peer::Sqlx, ran.succeeded, ran.elapsed);

            let start = Instant::now();
            read_with_rusqlite(&path, rows, 0..calls)?;
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
            let writer = db.clone();
            let ran = tasks::run(count, each, move |call| {
                let db = writer.clone();
                async move {
                    db.execute(INSERT, data::record(base + call)).await?;
                    Ok(())
                }
            });
            let ran = ran.await?;
            row.add(Peer::Kstdb, ran.succeeded, ran.elapsed);

            let writer = pool.clone();
            let ran = tasks::run(count, each, move |call| {
                let pool = writer.clone();
                async move {
                    let (id, name, value) = data::record(base + call);
                    let query = sqlx::query(INSERT).bind(id).bind(name).bind(value);
                    query.execute(&pool).await?;
                    Ok(())
                }
            });
            let ran = ran.await?;
            row.add(Peer::Sqlx, ran.succeeded, ran.elapsed);

            let normal = kstdb_core::Synchronous::Normal;
            let elapsed = write_with_rusqlite(&limit, normal, base..base + calls)?;
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
            let writer = db.clone();
            let ran = tasks::run(count, each, move |call| {
                in_one_hop(writer.clone(), base + call * INSERTS)
            });
            let ran = ran.await?;
            row.add(Peer::Kstdb, ran.succeeded, ran.elapsed);

            let writer = pool.clone();
            let ran = tasks::run(count, each, move |call| {
                by_hand(writer.clone(), base + call * INSERTS)
            });
            let ran = ran.await?;
            row.add(Peer::Sqlx, ran.succeeded, ran.elapsed);

            let elapsed = with_rusqlite(&limit, base, calls)?;
            row.add(Peer::Rusqlite, calls, elapsed);
            base += calls * INSERTS;
        }
    }
    db.close().await?;
    pool.close().await;
    Ok(curve)
}
