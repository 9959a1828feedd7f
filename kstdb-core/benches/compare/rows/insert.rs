//! `insert_many`: a hundred thousand rows in one transaction.

use std::path::Path;
use std::time::{Duration, Instant};

use kstdb_core::{AsyncDatabase, sqlx};
use rusqlite::TransactionBehavior::Immediate;
use sqlx::SqlitePool;

use crate::capi;
use crate::data::{self, INSERT, Record};
use crate::goal::Goal;
use crate::peers::{self, Key, POOL};
use crate::row::{Peer, Row, Unit};
use crate::scale::Scale;

pub(crate) async fn measure(dir: &Path, scale: &Scale) -> anyhow::Result<Row> {
    let goal = Goal {
        sqlx: Some(10.0),
        limit: Some(0.75),
    };
    let mut row = Row::new("insert_many", Unit::Rows, goal);
    let (count, records) = (scale.table_rows, data::records(scale.table_rows));
    // A new file for each peer in each round: the same tree grows from nothing.
    for round in 0..scale.rounds {
        let path = data::create(dir, &format!("insert-{round}-a.db"), Key::Raw, 0).await?;
        let db = peers::kstdb(&path, Key::Raw, POOL).await?;
        let elapsed = with_kstdb(&db, records.clone()).await?;
        row.add(Peer::Kstdb, count, elapsed);
        db.close().await?;

        let path = data::create(dir, &format!("insert-{round}-b.db"), Key::Raw, 0).await?;
        let pool = peers::sqlx(&path, Key::Raw, POOL).await?;
        row.add(Peer::Sqlx, count, with_sqlx(&pool, &records).await?);
        pool.close().await;

        let path = data::create(dir, &format!("insert-{round}-c.db"), Key::Raw, 0).await?;
        let mut connection = peers::rusqlite(&path, Key::Raw)?;
        let elapsed = with_rusqlite(&mut connection, &records)?;
        row.add(Peer::Rusqlite, count, elapsed);

        let path = data::create(dir, &format!("insert-{round}-d.db"), Key::Raw, 0).await?;
        let handle = capi::Handle::open(&path, Key::Raw)?;
        let start = Instant::now();
        handle.insert(&records)?;
        row.add(Peer::Limit, count, start.elapsed());
    }
    row.notes.push("limit: a loop on the C API".to_owned());
    Ok(row)
}

/// Inserts the rows in one transaction.
pub(crate) async fn with_kstdb(
    db: &AsyncDatabase,
    records: Vec<Record>,
) -> anyhow::Result<Duration> {
    let start = Instant::now();
    db.execute_many(INSERT, records).await?;
    Ok(start.elapsed())
}

/// The same with sqlx's own pool.
pub(crate) async fn with_sqlx(pool: &SqlitePool, records: &[Record]) -> anyhow::Result<Duration> {
    let start = Instant::now();
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    for (id, name, value) in records {
        let query = sqlx::query(INSERT).bind(id).bind(name).bind(value);
        query.execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(start.elapsed())
}

/// The same with rusqlite.
pub(crate) fn with_rusqlite(
    connection: &mut rusqlite::Connection,
    records: &[Record],
) -> rusqlite::Result<Duration> {
    let start = Instant::now();
    let transaction = connection.transaction_with_behavior(Immediate)?;
    {
        let mut statement = transaction.prepare_cached(INSERT)?;
        for (id, name, value) in records {
            statement.execute((id, name, value))?;
        }
    }
    transaction.commit()?;
    Ok(start.elapsed())
}
