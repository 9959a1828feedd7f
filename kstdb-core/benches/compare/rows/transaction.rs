//! `tx16`: sixteen tasks, each transaction a read and ten inserts.

use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::ensure;
use kstdb_core::{AsyncDatabase, DatabaseError, sqlx};
use rusqlite::TransactionBehavior::Immediate;
use sqlx::SqlitePool;

use crate::data::{self, COUNT_FIRST, INSERT};
use crate::goal::{Bound, Goal};
use crate::peers::{self, Key, POOL};
use crate::row::{Peer, Row, Unit};
use crate::scale::Scale;
use crate::tasks::{self, percentile};

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
    let mut connection = peers::rusqlite(&limit, Key::Raw)?;
    let (mut sqlx_failed, mut stored, mut waits) = (0, 0, Vec::new());
    for round in 0..i64::from(scale.rounds) {
        let base = round * all;
        let writer = db.clone();
        let write = move |call| {
            let db = writer.clone();
            async move { with_kstdb(&db, base + call).await }
        };
        let ran = tasks::run(TASKS, each, write).await?;
        stored += ran.succeeded * INSERTS;
        hop.add_ours(&ran, 1);
        waits.extend(ran.waits);

        let writer = by_step.clone();
        let write = move |call| step_by_step(writer.clone(), base + call);
        steps.add_ours(&tasks::run(TASKS, each, write).await?, 1);

        let writer = pool.clone();
        let write = move |call| {
            let pool = writer.clone();
            async move { with_sqlx(&pool, base + call).await }
        };
        let ran = tasks::run(TASKS, each, write).await?;
        sqlx_failed += ran.failed;
        for row in [&mut hop, &mut steps] {
            row.add(Peer::Sqlx, ran.succeeded, ran.elapsed);
        }

        let numbers = tasks::order(TASKS, each).into_iter();
        let elapsed = with_rusqlite(&mut connection, numbers.map(|call| base + call))?;
        for row in [&mut hop, &mut steps] {
            row.add(Peer::Rusqlite, all, elapsed);
        }
    }
    let found: i64 = db.fetch_value("SELECT count(*) FROM bench", ()).await?;
    ensure!(
        found == stored,
        "{stored} rows were acknowledged, {found} found"
    );
    judge_waits(&mut hop, waits);
    hop.notes
        .push(format!("sqlx: {sqlx_failed} errors; rusqlite: one thread"));
    db.close().await?;
    by_step.close().await?;
    pool.close().await;
    Ok(vec![hop, steps])
}

/// Nobody waits much longer than others: the waits of every round count.
fn judge_waits(row: &mut Row, mut waits: Vec<Duration>) {
    waits.sort();
    let [median, most] = [50, 99].map(|percent| percentile(&waits, percent).as_secs_f64() * 1e3);
    row.check("p99 wait / median wait", most / median, Bound::AtMost(10.0));
    row.notes.push(format!(
        "wait: median {median:.1} ms, p99 {most:.1} ms, of {} calls",
        waits.len()
    ));
}

/// Runs the transaction with this number, which inserts the keys that belong to it.
pub(crate) async fn with_kstdb(db: &AsyncDatabase, number: i64) -> anyhow::Result<()> {
    db.write(move |tx| {
        let _: i64 = tx.fetch_value(COUNT_FIRST, ())?;
        for id in keys(number) {
            tx.execute(INSERT, data::record(id))?;
        }
        Ok::<_, DatabaseError>(())
    })
    .await?;
    Ok(())
}

async fn step_by_step(db: AsyncDatabase, number: i64) -> anyhow::Result<()> {
    db.transaction(async |tx| {
        let _: i64 = tx.fetch_value(COUNT_FIRST, ()).await?;
        for id in keys(number) {
            tx.execute(INSERT, data::record(id)).await?;
        }
        Ok::<_, DatabaseError>(())
    })
    .await?;
    Ok(())
}

/// The same with sqlx's own pool.
pub(crate) async fn with_sqlx(pool: &SqlitePool, number: i64) -> anyhow::Result<()> {
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    let count = sqlx::query_scalar::<_, i64>(COUNT_FIRST);
    count.fetch_one(&mut *transaction).await?;
    for id in keys(number) {
        let (id, name, value) = data::record(id);
        let query = sqlx::query(INSERT).bind(id).bind(name).bind(value);
        query.execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// All these transactions with rusqlite.
pub(crate) fn with_rusqlite(
    connection: &mut rusqlite::Connection,
    numbers: impl IntoIterator<Item = i64>,
) -> rusqlite::Result<Duration> {
    let start = Instant::now();
    for number in numbers {
        let transaction = connection.transaction_with_behavior(Immediate)?;
        let mut count = transaction.prepare_cached(COUNT_FIRST)?;
        let _: i64 = count.query_row((), |row| row.get(0))?;
        drop(count);
        for id in keys(number) {
            let mut statement = transaction.prepare_cached(INSERT)?;
            statement.execute(data::record(id))?;
        }
        transaction.commit()?;
    }
    Ok(start.elapsed())
}

fn keys(number: i64) -> Range<i64> {
    number * INSERTS..(number + 1) * INSERTS
}
