//! `read_guard`: what asking the codec after each read costs, on one connection and without kstdb.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::data::{self, Record, SELECT_ONE, scattered};
use crate::goal::Goal;
use crate::peers::{self, Key};
use crate::row::{Peer, Row, Unit};
use crate::scale::Scale;

/// What kstdb asks on SQLCipher 4.20.
const QUESTION: &str = "PRAGMA cipher_status";

pub(crate) async fn measure(dir: &Path, scale: &Scale) -> anyhow::Result<Row> {
    let mut row = Row::new("read_guard", Unit::Queries, Goal::default());
    let (rows, calls) = (scale.table_rows, scale.reads_alone * 4);
    let path = data::create(dir, "guard.db", Key::Raw, rows).await?;
    let connection = peers::rusqlite(&path, Key::Raw)?;
    for _ in 0..scale.rounds {
        row.add(Peer::Kstdb, calls, read(&connection, rows, calls, true)?);
        row.add(
            Peer::Rusqlite,
            calls,
            read(&connection, rows, calls, false)?,
        );
    }
    row.notes
        .push("rusqlite in both columns, with the question in kstdb's".to_owned());
    Ok(row)
}

fn read(
    connection: &rusqlite::Connection,
    rows: i64,
    calls: i64,
    guarded: bool,
) -> rusqlite::Result<Duration> {
    let start = Instant::now();
    for call in 0..calls {
        let mut statement = connection.prepare_cached(SELECT_ONE)?;
        let found = statement.query_row((scattered(call, rows),), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        });
        let _: Record = found?;
        if guarded {
            // Never from the cache: it is answered when it is prepared.
            connection.query_row(QUESTION, (), |row| row.get::<_, String>(0))?;
        }
    }
    Ok(start.elapsed())
}
