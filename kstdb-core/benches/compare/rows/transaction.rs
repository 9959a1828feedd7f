//! `tx16`: sixteen tasks, each transaction a read and ten inserts.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::ensure;
use kstdb_core::{AsyncDatabase, DatabaseError, sqlx};
use sqlx::SqlitePool;

use crate::data::{self, COUNT_FIRST, INSERT};
use crate::peers::{self, Key, POOL};
use crate::row::{Goal, Peer, Row, Unit};
use crate::scale::Scale;
use crate::tasks::{self, Ran};

const TASKS: i64 = 16;
pub(crate) const INSERTS: i64 = 10;

pub(crate) async fn measure(dir: &Path, scale: &Scale) -> anyhow::Result<Vec<Row>> {
    let goal = Goal {
        sqlx: Some(4.0),
        limit: None,
    };
    let mut hop = Row::new("tx16", Unit::Transactions, goal);
    let mut steps = Row::new("tx16_async", Unit::Transactions, Goal::default());
    let (each, all) = (scale.transactions_each, TASKS * scale.transactions_each);
    let ours = data::create(dir, "tx16-a.db", Key::Raw, 0).await?;
    let stepped = data::create(dir, "tx16-b.db", Key::Raw, 0).await?;
    let theirs = data::create(dir, "tx16-c.db", Key::Raw, 0).await?;
    let limit = data::create(dir, "tx16-d.db", Key::Raw, 0).await?;
    let db = peers::kstdb(&ours, Key::Raw, POOL).await?;
    let by_step = peers::kstdb(&stepped, Key::Raw, POOL).await?;
    let pool = peers::sqlx(&theirs, Key::Raw, POOL).await?;
    let (mut failed, mut sqlx_failed, mut stored) = (0, 0, 0);
    let mut last = Ran::default();
    for round in 0..i64::from(scale.rounds) {
        let base = round * all * INSERTS;
        last = with_kstdb(&db, TASKS, each, base).await?;
        failed += last.failed;
        stored += last.succeeded * INSERTS;
        hop.add(Peer::Kstdb, last.succeeded, last.elapsed);

        let writer = by_step.clone();
        let ran = tasks::run(TASKS, each, move |call| {
            step_by_step(writer.clone(), base + call * INSERTS)
        });
        let ran = ran.await?;
        steps.add(Peer::Kstdb, ran.succeeded, ran.elapsed);

        let ran = with_sqlx(&pool, TASKS, each, base).await?;
        sqlx_failed += ran.failed;
        for row in [&mut hop, &mut steps] {
            row.add(Peer::Sqlx, ran.succeeded, ran.elapsed);
        }

        let elapsed = with_rusqlite(&limit, base, all)?;
        for row in [&mut hop, &mut steps] {
            row.add(Peer::Rusqlite, all, elapsed);
        }
    }
    let found: i64 = db.fetch_value("SELECT count(*) FROM bench", ()).await?;
    ensure!(
        found == stored,
        "{stored} rows were acknowledged, {found} found"
    );
    hop.notes.push(format!(
        "{failed} errors, sqlx {sqlx_failed}; wait: median {:.1} ms, p99 {:.1} ms",
        milliseconds(last.percentile(50)),
        milliseconds(last.percentile(99)),
    ));
    db.close().await?;
    by_step.close().await?;
    pool.close().await;
    Ok(vec![hop, steps])
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

/// Runs transactions that insert from `base` on, from so many tasks at once.
pub(crate) async fn with_kstdb(
    db: &AsyncDatabase,
    tasks: i64,
    each: i64,
    base: i64,
) -> anyhow::Result<Ran> {
    let db = db.clone();
    let run = move |call| in_one_hop(db.clone(), base + call * INSERTS);
    tasks::run(tasks, each, run).await
}

/// The same with sqlx's own pool.
pub(crate) async fn with_sqlx(
    pool: &SqlitePool,
    tasks: i64,
    each: i64,
    base: i64,
) -> anyhow::Result<Ran> {
    let pool = pool.clone();
    let run = move |call| by_hand(pool.clone(), base + call * INSERTS);
    tasks::run(tasks, each, run).await
}

async fn in_one_hop(db: AsyncDatabase, base: i64) -> anyhow::Result<()> {
    db.write(move |tx| {
        let _: i64 = tx.fetch_value(COUNT_FIRST, ())?;
        for id in base..base + INSERTS {
            tx.execute(INSERT, data::record(id))?;
        }
        Ok::<_, DatabaseError>(())
    })
    .await?;
    Ok(())
}

async fn step_by_step(db: AsyncDatabase, base: i64) -> anyhow::Result<()> {
    db.transaction(async |tx| {
        let _: i64 = tx.fetch_value(COUNT_FIRST, ()).await?;
        for id in base..base + INSERTS {
            tx.execute(INSERT, data::record(id)).await?;
        }
        Ok::<_, DatabaseError>(())
    })
    .await?;
    Ok(())
}

async fn by_hand(pool: SqlitePool, base: i64) -> anyhow::Result<()> {
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    let count = sqlx::query_scalar::<_, i64>(COUNT_FIRST);
    count.fetch_one(&mut *transaction).await?;
    for id in base..base + INSERTS {
        let (id, name, value) = data::record(id);
        let query = sqlx::query(INSERT).bind(id).bind(name).bind(value);
        query.execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(())
}

pub(crate) fn with_rusqlite(path: &Path, base: i64, transactions: i64) -> anyhow::Result<Duration> {
    let mut connection = peers::rusqlite(path, Key::Raw)?;
    let start = Instant::now();
    for number in 0..transactions {
        let transaction =
            connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let mut count = transaction.prepare_cached(COUNT_FIRST)?;
        let _: i64 = count.query_row((), |row| row.get(0))?;
        drop(count);
        for insert in 0..INSERTS {
            let mut statement = transaction.prepare_cached(INSERT)?;
            statement.execute(data::record(base + number * INSERTS + insert))?;
        }
        transaction.commit()?;
    }
    Ok(start.elapsed())
}
