//! `point1`, `point16`: one row by its key, from one task and from sixteen.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use kstdb_core::{AsyncDatabase, sqlx};
use rusqlite::Connection;
use sqlx::SqlitePool;

use crate::data::{self, Record, SELECT_ONE, scattered};
use crate::goal::Goal;
use crate::peers::{self, Key, POOL};
use crate::row::{Peer, Row, Unit};
use crate::scale::Scale;
use crate::tasks;

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
    let connection = peers::rusqlite(&path, Key::Raw)?;
    for round in 0..=scale.rounds {
        let start = Instant::now();
        for call in 0..calls {
            with_kstdb(&db, rows, call).await?;
        }
        row.add(Peer::Kstdb, calls, start.elapsed());

        let start = Instant::now();
        for call in 0..calls {
            with_sqlx(&pool, rows, call).await?;
        }
        row.add(Peer::Sqlx, calls, start.elapsed());

        let elapsed = with_rusqlite(&connection, rows, 0..calls)?;
        row.add(Peer::Rusqlite, calls, elapsed);
        if round == 0 {
            row.forget_rounds();
        }
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
    let connections = (0..THREADS).map(|_| peers::rusqlite(&path, Key::Raw));
    let mut connections: Vec<_> = connections.collect::<Result<_, _>>()?;
    for round in 0..=scale.rounds {
        let reader = db.clone();
        let read = move |call| {
            let db = reader.clone();
            async move { with_kstdb(&db, rows, call).await }
        };
        row.add_ours(&tasks::run(TASKS, each, read).await?, 1);

        let reader = pool.clone();
        let read = move |call| {
            let pool = reader.clone();
            async move { with_sqlx(&pool, rows, call).await }
        };
        let ran = tasks::run(TASKS, each, read).await?;
        row.add(Peer::Sqlx, ran.succeeded, ran.elapsed);

        let calls = TASKS * each;
        let elapsed = with_threads(&mut connections, rows, calls)?;
        row.add(Peer::Rusqlite, calls, elapsed);
        if round == 0 {
            row.forget_rounds();
        }
    }
    row.notes.push(format!("rusqlite: {THREADS} threads"));
    db.close().await?;
    pool.close().await;
    Ok(row)
}

/// Reads the row that belongs to this call, of so many.
pub(crate) async fn with_kstdb(db: &AsyncDatabase, rows: i64, call: i64) -> anyhow::Result<()> {
    let _: Record = db.fetch_one(SELECT_ONE, (scattered(call, rows),)).await?;
    Ok(())
}

/// The same with sqlx's own pool.
pub(crate) async fn with_sqlx(pool: &SqlitePool, rows: i64, call: i64) -> anyhow::Result<()> {
    let query = sqlx::query_as::<_, Record>(SELECT_ONE).bind(scattered(call, rows));
    query.fetch_one(pool).await?;
    Ok(())
}

/// The rows of all these calls with rusqlite.
pub(crate) fn with_rusqlite(
    connection: &Connection,
    rows: i64,
    calls: impl IntoIterator<Item = i64>,
) -> rusqlite::Result<Duration> {
    let start = Instant::now();
    for call in calls {
        let mut statement = connection.prepare_cached(SELECT_ONE)?;
        let found = statement.query_row((scattered(call, rows),), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        });
        let _: Record = found?;
    }
    Ok(start.elapsed())
}

/// The calls shared among threads, a connection each.
fn with_threads(connections: &mut [Connection], rows: i64, calls: i64) -> anyhow::Result<Duration> {
    let each = calls / THREADS;
    let start = Instant::now();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .zip(connections)
            .map(|(thread, connection)| {
                let numbers = thread * each..(thread + 1) * each;
                scope.spawn(move || with_rusqlite(connection, rows, numbers))
            })
            .collect();
        for thread in threads {
            thread.join().ok().context("a reader panicked")??;
        }
        Ok(start.elapsed())
    })
}
