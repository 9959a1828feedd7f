//! `point1`, `point16`: one row by its key, from one task and from sixteen.

use std::path::Path;
use std::time::Instant;

use anyhow::Context as _;
use kstdb_core::{AsyncDatabase, sqlx};
use sqlx::SqlitePool;

use crate::data::{self, Record, SELECT_ONE, scattered};
use crate::peers::{self, Key, POOL};
use crate::row::{Goal, Peer, Row, Unit};
use crate::scale::Scale;
use crate::tasks::{self, Ran};

const TASKS: i64 = 16;
/// Threads of rusqlite's, a connection each.
const THREADS: i64 = 2;

pub(crate) async fn alone(dir: &Path, scale: &Scale) -> anyhow::Result<Row> {
    let goal = Goal {
        sqlx: Some(2.5),
        limit: None,
    };
    let mut row = Row::new("point1", Unit::Queries, goal);
    let (rows, calls) = (scale.table_rows, scale.reads_alone);
    let path = data::create(dir, "point1.db", Key::Raw, rows).await?;
    let db = peers::kstdb(&path, Key::Raw, POOL).await?;
    let pool = peers::sqlx(&path, Key::Raw, POOL).await?;
    for _ in 0..scale.rounds {
        let start = Instant::now();
        for call in 0..calls {
            let _: Record = db.fetch_one(SELECT_ONE, (scattered(call, rows),)).await?;
        }
        row.add(Peer::Kstdb, calls, start.elapsed());

        let start = Instant::now();
        for call in 0..calls {
            let query = sqlx::query_as::<_, Record>(SELECT_ONE).bind(scattered(call, rows));
            query.fetch_one(&pool).await?;
        }
        row.add(Peer::Sqlx, calls, start.elapsed());

        let start = Instant::now();
        read_with_rusqlite(&path, rows, 0..calls)?;
        row.add(Peer::Rusqlite, calls, start.elapsed());
    }
    db.close().await?;
    pool.close().await;
    Ok(row)
}

pub(crate) async fn together(dir: &Path, scale: &Scale) -> anyhow::Result<Row> {
    let goal = Goal {
        sqlx: Some(2.0),
        limit: Some(0.3),
    };
    let mut row = Row::new("point16", Unit::Queries, goal);
    let (rows, each) = (scale.table_rows, scale.reads_each);
    let path = data::create(dir, "point16.db", Key::Raw, rows).await?;
    let db = peers::kstdb(&path, Key::Raw, POOL).await?;
    let pool = peers::sqlx(&path, Key::Raw, POOL).await?;
    let mut failed = 0;
    for _ in 0..scale.rounds {
        let ran = with_kstdb(&db, TASKS, each, rows).await?;
        failed += ran.failed;
        row.add(Peer::Kstdb, ran.succeeded, ran.elapsed);

        let ran = with_sqlx(&pool, TASKS, each, rows).await?;
        row.add(Peer::Sqlx, ran.succeeded, ran.elapsed);

        let (start, calls) = (Instant::now(), TASKS * each / THREADS);
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                let path = path.clone();
                let numbers = thread * calls..(thread + 1) * calls;
                std::thread::spawn(move || read_with_rusqlite(&path, rows, numbers))
            })
            .collect();
        for thread in threads {
            thread.join().ok().context("a reader panicked")??;
        }
        row.add(Peer::Rusqlite, THREADS * calls, start.elapsed());
    }
    row.notes
        .push(format!("{failed} errors; rusqlite: {THREADS} threads"));
    db.close().await?;
    pool.close().await;
    Ok(row)
}

/// Reads from so many tasks at once.
pub(crate) async fn with_kstdb(
    db: &AsyncDatabase,
    tasks: i64,
    each: i64,
    rows: i64,
) -> anyhow::Result<Ran> {
    let db = db.clone();
    let read = move |call| {
        let db = db.clone();
        async move {
            let _: Record = db.fetch_one(SELECT_ONE, (scattered(call, rows),)).await?;
            Ok(())
        }
    };
    tasks::run(tasks, each, read).await
}

/// The same with sqlx's own pool.
pub(crate) async fn with_sqlx(
    pool: &SqlitePool,
    tasks: i64,
    each: i64,
    rows: i64,
) -> anyhow::Result<Ran> {
    let pool = pool.clone();
    let read = move |call| {
        let pool = pool.clone();
        async move {
            let query = sqlx::query_as::<_, Record>(SELECT_ONE).bind(scattered(call, rows));
            query.fetch_one(&pool).await?;
            Ok(())
        }
    };
    tasks::run(tasks, each, read).await
}

pub(crate) fn read_with_rusqlite(
    path: &Path,
    rows: i64,
    calls: std::ops::Range<i64>,
) -> anyhow::Result<()> {
    let connection = peers::rusqlite(path, Key::Raw)?;
    for call in calls {
        let mut statement = connection.prepare_cached(SELECT_ONE)?;
        let found = statement.query_row((scattered(call, rows),), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        });
        let _: Record = found?;
    }
    Ok(())
}
