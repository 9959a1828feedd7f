//! `fetch_all`: a hundred thousand rows at once, into tuples and into a derived struct.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::ensure;
use kstdb_core::{AsyncDatabase, FromRow, sqlx};
use rusqlite::Connection;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqlitePool};

use crate::data::{self, Record, SELECT_ALL};
use crate::goal::Goal;
use crate::peers::{self, Key, POOL};
use crate::row::{Peer, Row, Unit};
use crate::scale::Scale;

/// The struct.
#[derive(FromRow)]
#[expect(dead_code, reason = "what is measured is that they are read")]
struct Named {
    id: i64,
    name: String,
    value: f64,
}

/// What sqlx's own derive writes.
impl<'r> sqlx::FromRow<'r, SqliteRow> for Named {
    fn from_row(row: &'r SqliteRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            value: row.try_get("value")?,
        })
    }
}

pub(crate) async fn measure(dir: &Path, scale: &Scale) -> anyhow::Result<Vec<Row>> {
    let goal = Goal {
        sqlx: Some(3.0),
        limit: Some(0.8),
    };
    let mut tuples = Row::new("fetch_all", Unit::Rows, goal);
    let mut structs = Row::new("fetch_all_struct", Unit::Rows, goal);
    let count = scale.table_rows;
    let expected = usize::try_from(count)?;
    let path = data::create(dir, "fetch.db", Key::Raw, count).await?;
    let db = peers::kstdb(&path, Key::Raw, POOL).await?;
    let pool = peers::sqlx(&path, Key::Raw, POOL).await?;
    let connection = peers::rusqlite(&path, Key::Raw)?;
    for _ in 0..scale.rounds {
        tuples.add(Peer::Kstdb, count, with_kstdb(&db, count).await?);
        tuples.add(Peer::Sqlx, count, with_sqlx(&pool, count).await?);
        tuples.add(Peer::Rusqlite, count, with_rusqlite(&connection, count)?);

        let start = Instant::now();
        let found: Vec<Named> = db.fetch_all(SELECT_ALL, ()).await?;
        structs.add(Peer::Kstdb, count, start.elapsed());
        ensure!(found.len() == expected);
        drop(found);

        let start = Instant::now();
        let query = sqlx::query_as::<_, Named>(SELECT_ALL);
        let found = query.fetch_all(&pool).await?;
        structs.add(Peer::Sqlx, count, start.elapsed());
        ensure!(found.len() == expected);
        drop(found);

        let start = Instant::now();
        let found = read_all(&connection, |row| {
            Ok(Named {
                id: row.get("id")?,
                name: row.get("name")?,
                value: row.get("value")?,
            })
        })?;
        structs.add(Peer::Rusqlite, count, start.elapsed());
        ensure!(found.len() == expected);
        drop(found);
    }
    structs
        .notes
        .push("rusqlite looks names up for each row".to_owned());
    db.close().await?;
    pool.close().await;
    Ok(vec![tuples, structs])
}

/// Reads the whole table into tuples.
pub(crate) async fn with_kstdb(db: &AsyncDatabase, count: i64) -> anyhow::Result<Duration> {
    let start = Instant::now();
    let found: Vec<Record> = db.fetch_all(SELECT_ALL, ()).await?;
    let elapsed = start.elapsed();
    ensure!(found.len() == usize::try_from(count)?);
    Ok(elapsed)
}

/// The same with sqlx's own pool.
pub(crate) async fn with_sqlx(pool: &SqlitePool, count: i64) -> anyhow::Result<Duration> {
    let start = Instant::now();
    let query = sqlx::query_as::<_, Record>(SELECT_ALL);
    let found = query.fetch_all(pool).await?;
    let elapsed = start.elapsed();
    ensure!(found.len() == usize::try_from(count)?);
    Ok(elapsed)
}

/// The same with rusqlite.
pub(crate) fn with_rusqlite(connection: &Connection, count: i64) -> anyhow::Result<Duration> {
    let start = Instant::now();
    let found = read_all(connection, |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    });
    let found: Vec<Record> = found?;
    let elapsed = start.elapsed();
    ensure!(found.len() == usize::try_from(count)?);
    Ok(elapsed)
}

fn read_all<T>(
    connection: &Connection,
    decode: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    let mut statement = connection.prepare_cached(SELECT_ALL)?;
    statement.query_map((), decode)?.collect()
}
