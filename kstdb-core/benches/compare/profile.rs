//! One peer's part of a row and nothing else, for `perf record` and callgrind.

use std::path::Path;

use clap::ValueEnum;
use kstdb_core::AsyncDatabase;

use crate::data;
use crate::peers::{self, Key, POOL};
use crate::rows::{fetch, insert, point, stream, transaction, write};
use crate::scale::Scale;
use crate::tasks;

const TASKS: i64 = 16;

/// What is done, by the id of its row.
#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Work {
    Point1,
    Point16,
    InsertMany,
    FetchAll,
    Stream,
    Write16,
    Tx16,
}

/// Who does it.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Peer {
    Kstdb,
    Rusqlite,
}

/// Does it so many times.
pub(crate) async fn run(
    work: Work,
    peer: Peer,
    times: u32,
    dir: &Path,
    scale: &Scale,
) -> anyhow::Result<()> {
    let rows = match work {
        Work::Stream => scale.stream_rows,
        Work::Point1 | Work::Point16 | Work::FetchAll => scale.table_rows,
        Work::InsertMany | Work::Write16 | Work::Tx16 => 0,
    };
    let path = data::create(dir, "profile.db", Key::Raw, rows).await?;
    match peer {
        Peer::Kstdb => {
            let db = peers::kstdb(&path, Key::Raw, POOL).await?;
            for number in 0..i64::from(times) {
                with_kstdb(work, &db, number, scale).await?;
            }
            Ok(db.close().await?)
        }
        Peer::Rusqlite => {
            let mut connection = peers::rusqlite(&path, Key::Raw)?;
            for number in 0..i64::from(times) {
                with_rusqlite(work, &mut connection, number, scale)?;
            }
            Ok(())
        }
    }
}

async fn with_kstdb(
    work: Work,
    db: &AsyncDatabase,
    number: i64,
    scale: &Scale,
) -> anyhow::Result<()> {
    let rows = scale.table_rows;
    let shared = db.clone();
    match work {
        Work::Point1 => {
            for call in 0..scale.reads_alone {
                point::with_kstdb(db, rows, call).await?;
            }
        }
        Work::Point16 => {
            let read = move |call| {
                let db = shared.clone();
                async move { point::with_kstdb(&db, rows, call).await }
            };
            tasks::run(TASKS, scale.reads_each, read).await?;
        }
        Work::InsertMany => {
            let records = (number * rows..(number + 1) * rows).map(data::record);
            insert::with_kstdb(db, records.collect()).await?;
        }
        Work::FetchAll => drop(fetch::with_kstdb(db, rows).await?),
        Work::Stream => drop(stream::with_kstdb(db, scale.stream_rows).await?),
        Work::Write16 => {
            let base = number * TASKS * scale.writes_each;
            let write = move |call| {
                let db = shared.clone();
                async move { write::with_kstdb(&db, base + call).await }
            };
            tasks::run(TASKS, scale.writes_each, write).await?;
        }
        Work::Tx16 => {
            let base = number * TASKS * scale.transactions_each;
            let write = move |call| {
                let db = shared.clone();
                async move { transaction::with_kstdb(&db, base + call).await }
            };
            tasks::run(TASKS, scale.transactions_each, write).await?;
        }
    }
    Ok(())
}

/// The same work in one thread.
fn with_rusqlite(
    work: Work,
    connection: &mut rusqlite::Connection,
    number: i64,
    scale: &Scale,
) -> anyhow::Result<()> {
    let rows = scale.table_rows;
    let numbers = |each: i64| {
        let numbers = tasks::order(TASKS, each).into_iter();
        numbers.map(move |call| number * TASKS * each + call)
    };
    match work {
        Work::Point1 => drop(point::with_rusqlite(
            connection,
            rows,
            0..scale.reads_alone,
        )?),
        Work::Point16 => {
            point::with_rusqlite(connection, rows, 0..TASKS * scale.reads_each)?;
        }
        Work::InsertMany => {
            let records = (number * rows..(number + 1) * rows).map(data::record);
            insert::with_rusqlite(connection, &records.collect::<Vec<_>>())?;
        }
        Work::FetchAll => drop(fetch::with_rusqlite(connection, rows)?),
        Work::Stream => drop(stream::with_rusqlite(connection, scale.stream_rows)?),
        Work::Write16 => drop(write::with_rusqlite(
            connection,
            numbers(scale.writes_each),
        )?),
        Work::Tx16 => {
            transaction::with_rusqlite(connection, numbers(scale.transactions_each))?;
        }
    }
    Ok(())
}
