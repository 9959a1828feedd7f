//! `stream`: a million rows, one by one, and what memory that takes.

use std::path::Path;
use std::time::Instant;

use anyhow::ensure;
use futures_util::TryStreamExt as _;
use kstdb_core::sqlx;

use crate::data::{self, Record, SELECT_ALL};
use crate::peak;
use crate::peers::{self, Key, POOL};
use crate::row::{Goal, Peer, Row, Unit};
use crate::scale::Scale;

pub(crate) async fn measure(dir: &Path, scale: &Scale) -> anyhow::Result<Row> {
    let goal = Goal {
        sqlx: Some(2.0),
        limit: None,
    };
    let mut row = Row::new("stream", Unit::Rows, goal);
    let count = scale.stream_rows;
    let path = data::create(dir, "stream.db", Key::Raw, count).await?;
    let peak = peak::in_a_process_of_its_own(&path)?;
    row.notes.push(peak);
    let db = peers::kstdb(&path, Key::Raw, POOL).await?;
    let pool = peers::sqlx(&path, Key::Raw, POOL).await?;
    for _ in 0..scale.rounds {
        let (start, mut seen) = (Instant::now(), 0);
        let mut rows = db.fetch::<Record>(SELECT_ALL, ());
        while rows.try_next().await?.is_some() {
            seen += 1;
        }
        drop(rows);
        row.add(Peer::Kstdb, count, start.elapsed());
        ensure!(seen == count);

        let (start, mut seen) = (Instant::now(), 0);
        let mut rows = sqlx::query_as::<_, Record>(SELECT_ALL).fetch(&pool);
        while rows.try_next().await?.is_some() {
            seen += 1;
        }
        drop(rows);
        row.add(Peer::Sqlx, count, start.elapsed());
        ensure!(seen == count);

        let start = Instant::now();
        let seen = read_with_rusqlite(&path)?;
        row.add(Peer::Rusqlite, count, start.elapsed());
        ensure!(seen == count);
    }
    db.close().await?;
    pool.close().await;
    Ok(row)
}

fn read_with_rusqlite(path: &Path) -> anyhow::Result<i64> {
    let connection = peers::rusqlite(path, Key::Raw)?;
    let mut statement = connection.prepare(SELECT_ALL)?;
    let mut rows = statement.query(())?;
    let mut seen = 0;
    while let Some(row) = rows.next()? {
        let _: Record = (row.get(0)?, row.get(1)?, row.get(2)?);
        seen += 1;
    }
    Ok(seen)
}
