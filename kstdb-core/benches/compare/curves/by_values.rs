//! Values that are larger and larger, written and read one by one.

use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

use kstdb_core::sqlx;

use super::Curve;
use crate::data;
use crate::peers::{self, Key, POOL};
use crate::row::{Peer, Unit};
use crate::scale::Scale;

const TABLE: &str = "CREATE TABLE bytes (id INTEGER PRIMARY KEY, v BLOB NOT NULL)";
const INSERT: &str = "INSERT INTO bytes (id, v) VALUES (?, ?)";
const SELECT: &str = "SELECT v FROM bytes WHERE id = ?";

pub(super) async fn measure(dir: &Path, scale: &Scale) -> anyhow::Result<Vec<Curve>> {
    let mut writes = Curve::new(
        "values written, one transaction",
        "bytes of a value",
        Unit::Megabytes,
        "the step for each value if small, AES and HMAC if large",
    );
    let mut reads = Curve::new(
        "values read, one task",
        "bytes of a value",
        Unit::Megabytes,
        "the call for each value if small, HMAC and AES if large",
    );
    for (size, count) in scale.curve_values {
        let (bytes, count) = (usize::try_from(size)?, i64::from(count));
        let megabytes = i64::from(size) * count;
        let path = data::create(dir, &format!("curve-values-{size}.db"), Key::Raw, 0).await?;
        let db = peers::kstdb(&path, Key::Raw, POOL).await?;
        let pool = peers::sqlx(&path, Key::Raw, POOL).await?;
        let mut connection = peers::rusqlite(&path, Key::Raw)?;
        db.execute(TABLE, ()).await?;
        let (write, read) = (writes.at(size), reads.at(size));
        let value = vec![0x5b_u8; bytes];
        for round in 0..i64::from(scale.curve_rounds) {
            let base = round * 3 * count;
            let rows: Vec<_> = (base..base + count).map(|id| (id, value.clone())).collect();
            let start = Instant::now();
            db.execute_many(INSERT, rows).await?;
            write.add(Peer::Kstdb, megabytes, start.elapsed());

            let start = Instant::now();
            let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
            for id in base + count..base + 2 * count {
                let query = sqlx::query(INSERT).bind(id).bind(&*value);
                query.execute(&mut *transaction).await?;
            }
            transaction.commit().await?;
            write.add(Peer::Sqlx, megabytes, start.elapsed());

            let theirs = base + 2 * count..base + 3 * count;
            let elapsed = write_with_rusqlite(&mut connection, theirs.clone(), &value)?;
            write.add(Peer::Rusqlite, megabytes, elapsed);

            let start = Instant::now();
            for id in base..base + count {
                let _: Vec<u8> = db.fetch_value(SELECT, (id,)).await?;
            }
            read.add(Peer::Kstdb, megabytes, start.elapsed());

            let start = Instant::now();
            for id in base + count..base + 2 * count {
                let query = sqlx::query_scalar::<_, Vec<u8>>(SELECT).bind(id);
                query.fetch_one(&pool).await?;
            }
            read.add(Peer::Sqlx, megabytes, start.elapsed());

            // Another connection: this one's cache holds what it has written.
            let elapsed = read_with_rusqlite(&peers::rusqlite(&path, Key::Raw)?, theirs)?;
            read.add(Peer::Rusqlite, megabytes, elapsed);
        }
        db.close().await?;
        pool.close().await;
        std::fs::remove_file(&path)?;
    }
    Ok(vec![writes, reads])
}

fn write_with_rusqlite(
    connection: &mut rusqlite::Connection,
    ids: Range<i64>,
    value: &[u8],
) -> rusqlite::Result<Duration> {
    let start = Instant::now();
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    for id in ids {
        transaction.prepare_cached(INSERT)?.execute((id, value))?;
    }
    transaction.commit()?;
    Ok(start.elapsed())
}

fn read_with_rusqlite(
    connection: &rusqlite::Connection,
    ids: Range<i64>,
) -> rusqlite::Result<Duration> {
    let start = Instant::now();
    for id in ids {
        let mut statement = connection.prepare_cached(SELECT)?;
        let _: Vec<u8> = statement.query_row((id,), |row| row.get(0))?;
    }
    Ok(start.elapsed())
}
