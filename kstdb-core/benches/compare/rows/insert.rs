//! `insert_many`: a hundred thousand rows in one transaction.

use std::path::Path;
use std::time::Instant;

use kstdb_core::sqlx;

use crate::capi;
use crate::data::{self, INSERT, Record};
use crate::peers::{self, Key, POOL};
use crate::row::{Goal, Peer, Row, Unit};
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
        let owned = records.clone();
        let start = Instant::now();
        db.execute_many(INSERT, owned).await?;
        row.add(Peer::Kstdb, count, start.elapsed());
        db.close().await?;

        let path = data::create(dir, &format!("insert-{round}-b.db"), Key::Raw, 0).await?;
        let pool = peers::sqlx(&path, Key::Raw, POOL).await?;
        let start = Instant::now();
        let mut transaction = pool.begin().await?;
        for (id, name, value) in &records {
            let query = sqlx::query(INSERT).bind(id).bind(name).bind(value);
            query.execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        row.add(Peer::Sqlx, count, start.elapsed());
        pool.close().await;

        let path = data::create(dir, &format!("insert-{round}-c.db"), Key::Raw, 0).await?;
        let elapsed = insert_with_rusqlite(&path, &records)?;
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

fn insert_with_rusqlite(path: &Path, records: &[Record]) -> anyhow::Result<std::time::Duration> {
    let mut connection = peers::rusqlite(path, Key::Raw)?;
    let start = Instant::now();
    let transaction = connection.transaction()?;
    {
        let mut statement = transaction.prepare(INSERT)?;
        for (id, name, value) in records {
            statement.execute((id, name, value))?;
        }
    }
    transaction.commit()?;
    Ok(start.elapsed())
}
