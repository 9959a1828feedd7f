//! `stream`: a million rows, one by one, and what memory that takes.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::ensure;
use futures_util::TryStreamExt as _;
use kstdb_core::{AsyncDatabase, sqlx};
use sqlx::SqlitePool;

use crate::data::{self, Record, SELECT_ALL};
use crate::goal::{Bound, Goal};
use crate::peak;
use crate::peers::{self, Key, POOL};
use crate::row::{Peer, Row, Unit};
use crate::scale::Scale;

pub(crate) async fn measure(dir: &Path, scale: &Scale) -> anyhow::Result<Row> {
    let goal = Goal {
        sqlx: Some(2.0),
        limit: None,
    };
    let mut row = Row::new("stream", Unit::Rows, goal);
    let count = scale.stream_rows;
    let path = data::create(dir, "stream.db", Key::Raw, count).await?;
    if let Some(mebibytes) = peak::in_a_process_of_its_own(&path)? {
        row.check("MiB of memory at the peak", mebibytes, Bound::Below(32.0));
    }
    let db = peers::kstdb(&path, Key::Raw, POOL).await?;
    let pool = peers::sqlx(&path, Key::Raw, POOL).await?;
    let connection = peers::rusqlite(&path, Key::Raw)?;
    for _ in 0..scale.rounds {
        row.add(Peer::Kstdb, count, with_kstdb(&db, count).await?);
        row.add(Peer::Sqlx, count, with_sqlx(&pool, count).await?);
        row.add(Peer::Rusqlite, count, with_rusqlite(&connection, count)?);
    }
    db.close().await?;
    pool.close().await;
    Ok(row)
}

/// Streams the whole table.
pub(crate) async fn with_kstdb(db: &AsyncDatabase, count: i64) -> anyhow::Result<Duration> {
    let (start, mut seen) = (Instant::now(), 0);
    let mut rows = db.fetch::<Record>(SELECT_ALL, ());
    while rows.try_next().await?.is_some() {
        seen += 1;
    }
    let elapsed = start.elapsed();
    ensure!(seen == count);
    Ok(elapsed)
}

/// The same with sqlx's own pool.
pub(crate) async fn with_sqlx(pool: &SqlitePool, count: i64) -> anyhow::Result<Duration> {
    let (start, mut seen) = (Instant::now(), 0);
    let mut rows = sqlx::query_as::<_, Record>(SELECT_ALL).fetch(pool);
    while rows.try_next().await?.is_some() {
        seen += 1;
    }
    let elapsed = start.elapsed();
    ensure!(seen == count);
    Ok(elapsed)
}

/// The same with rusqlite.
pub(crate) fn with_rusqlite(
    connection: &rusqlite::Connection,
    count: i64,
) -> anyhow::Result<Duration> {
    let (start, mut seen) = (Instant::now(), 0);
    let mut statement = connection.prepare_cached(SELECT_ALL)?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        let _: Record = (row.get(0)?, row.get(1)?, row.get(2)?);
        seen += 1;
    }
    let elapsed = start.elapsed();
    ensure!(seen == count);
    Ok(elapsed)
}
