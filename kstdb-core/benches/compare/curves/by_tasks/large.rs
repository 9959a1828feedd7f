//! Calls with many rows: read at once, streamed, inserted at once.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::ensure;
use futures_util::{Stream, TryStreamExt as _};
use kstdb_core::{AsyncDatabase, sqlx};
use rusqlite::Connection;
use sqlx::SqlitePool;

use super::along::{Calls, along};
use crate::curves::Curve;
use crate::data::{self, Record, SELECT_RANGE, scattered};
use crate::peers::{self, Key, POOL};
use crate::row::Unit;
use crate::rows::insert;
use crate::scale::Scale;

/// A table, and how many of its neighbours a call reads.
#[derive(Clone, Copy)]
struct Part {
    rows: i64,
    each: i64,
}

impl Part {
    /// The keys of a call.
    fn of(self, call: i64) -> (i64, i64) {
        let first = scattered(call, self.rows - self.each);
        (first, first + self.each - 1)
    }

    fn check(self, found: usize) -> anyhow::Result<()> {
        ensure!(found == usize::try_from(self.each)?, "{found} rows");
        Ok(())
    }
}

/// Rows that are read at once.
pub(super) async fn fetches(dir: &Path, scale: &Scale) -> anyhow::Result<Curve> {
    let limit = "decoding, then malloc";
    let curve = Curve::new("rows read, a thousand at once", "tasks", Unit::Rows, limit);
    let (db, pool, connection, part) = open(dir, "curve-fetches.db", scale).await?;
    let (reader, sqlx_reader) = (db.clone(), pool.clone());
    let ours = move |call| {
        let db = reader.clone();
        async move {
            let found: Vec<Record> = db.fetch_all(SELECT_RANGE, part.of(call)).await?;
            part.check(found.len())
        }
    };
    let theirs = move |call| {
        let pool = sqlx_reader.clone();
        async move {
            let (first, last) = part.of(call);
            let query = sqlx::query_as::<_, Record>(SELECT_RANGE);
            let found = query.bind(first).bind(last).fetch_all(&pool).await?;
            part.check(found.len())
        }
    };
    let limit = move |numbers| read_with_rusqlite(&connection, part, numbers);
    let curve = along(curve, calls(scale, part.each), ours, theirs, limit).await?;
    close(db, pool).await?;
    Ok(curve)
}

/// The same rows as streams.
pub(super) async fn streams(dir: &Path, scale: &Scale) -> anyhow::Result<Curve> {
    let limit = "decoding, AES and HMAC, malloc, and waking for each batch";
    let title = "rows streamed, a thousand in each";
    let curve = Curve::new(title, "tasks", Unit::Rows, limit);
    let (db, pool, connection, part) = open(dir, "curve-streams.db", scale).await?;
    let (reader, sqlx_reader) = (db.clone(), pool.clone());
    let ours = move |call| {
        let db = reader.clone();
        async move {
            let rows = db.fetch::<Record>(SELECT_RANGE, part.of(call));
            part.check(drain(rows).await?)
        }
    };
    let theirs = move |call| {
        let pool = sqlx_reader.clone();
        async move {
            let (first, last) = part.of(call);
            let query = sqlx::query_as::<_, Record>(SELECT_RANGE);
            let rows = query.bind(first).bind(last).fetch(&pool);
            part.check(drain(rows).await?)
        }
    };
    let limit = move |numbers| read_with_rusqlite(&connection, part, numbers);
    let curve = along(curve, calls(scale, part.each), ours, theirs, limit).await?;
    close(db, pool).await?;
    Ok(curve)
}

/// Rows that are inserted at once.
pub(super) async fn inserts(dir: &Path, scale: &Scale) -> anyhow::Result<Curve> {
    let limit = "the tree of SQLite, one writer at a time";
    let title = "rows inserted, two hundred at once";
    let curve = Curve::new(title, "tasks", Unit::Rows, limit);
    let each = scale.curve_call_inserts;
    let ours = data::create(dir, "curve-inserts-a.db", Key::Raw, 0).await?;
    let theirs = data::create(dir, "curve-inserts-b.db", Key::Raw, 0).await?;
    let limit = data::create(dir, "curve-inserts-c.db", Key::Raw, 0).await?;
    let db = peers::kstdb(&ours, Key::Raw, POOL).await?;
    let pool = peers::sqlx(&theirs, Key::Raw, POOL).await?;
    let mut connection = peers::rusqlite(&limit, Key::Raw)?;
    let records = move |call: i64| -> Vec<Record> {
        let ids = call * each..(call + 1) * each;
        ids.map(data::record).collect()
    };
    let (writer, sqlx_writer) = (db.clone(), pool.clone());
    let ours = move |call| {
        let db = writer.clone();
        async move { insert::with_kstdb(&db, records(call)).await.map(drop) }
    };
    let theirs = move |call| {
        let pool = sqlx_writer.clone();
        async move { insert::with_sqlx(&pool, &records(call)).await.map(drop) }
    };
    let limit = move |numbers: Vec<i64>| {
        let start = Instant::now();
        for call in numbers {
            insert::with_rusqlite(&mut connection, &records(call))?;
        }
        Ok(start.elapsed())
    };
    let curve = along(curve, calls(scale, each), ours, theirs, limit).await?;
    close(db, pool).await?;
    Ok(curve)
}

fn calls(scale: &Scale, pieces: i64) -> Calls {
    Calls {
        count: scale.curve_calls,
        pieces,
        rounds: scale.curve_rounds,
    }
}

async fn open(
    dir: &Path,
    name: &str,
    scale: &Scale,
) -> anyhow::Result<(AsyncDatabase, SqlitePool, Connection, Part)> {
    let part = Part {
        rows: scale.table_rows,
        each: scale.curve_call_rows,
    };
    let path = data::create(dir, name, Key::Raw, part.rows).await?;
    let db = peers::kstdb(&path, Key::Raw, POOL).await?;
    let pool = peers::sqlx(&path, Key::Raw, POOL).await?;
    Ok((db, pool, peers::rusqlite(&path, Key::Raw)?, part))
}

async fn close(db: AsyncDatabase, pool: SqlitePool) -> anyhow::Result<()> {
    db.close().await?;
    pool.close().await;
    Ok(())
}

async fn drain<E>(rows: impl Stream<Item = Result<Record, E>>) -> Result<usize, E> {
    let mut rows = std::pin::pin!(rows);
    let mut seen = 0;
    while rows.try_next().await?.is_some() {
        seen += 1;
    }
    Ok(seen)
}

fn read_with_rusqlite(
    connection: &Connection,
    part: Part,
    calls: Vec<i64>,
) -> anyhow::Result<Duration> {
    let start = Instant::now();
    for call in calls {
        let mut statement = connection.prepare_cached(SELECT_RANGE)?;
        let found = statement.query_map(part.of(call), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
        let found: Vec<Record> = found.collect::<Result<_, _>>()?;
        part.check(found.len())?;
    }
    Ok(start.elapsed())
}
