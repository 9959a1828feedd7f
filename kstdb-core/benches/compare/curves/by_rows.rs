//! The same work on a table that has more and more rows.

use std::path::Path;
use std::time::Instant;

use anyhow::ensure;
use kstdb_core::{AsyncDatabase, sqlx};
use sqlx::SqlitePool;

use super::Curve;
use crate::data::{self, INSERT, Record, SELECT_ONE, scattered};
use crate::peers::{self, Key, POOL};
use crate::row::{Peer, Row, Unit};
use crate::rows::point::read_with_rusqlite;
use crate::scale::Scale;

const SELECT_RANGE: &str = "SELECT id, name, value FROM bench WHERE id BETWEEN ? AND ?";

/// The three peers on one file.
struct Peers {
    path: std::path::PathBuf,
    db: AsyncDatabase,
    pool: SqlitePool,
    /// Rows of the table, before anything is added.
    rows: i64,
}

pub(super) async fn measure(dir: &Path, scale: &Scale) -> anyhow::Result<Vec<Curve>> {
    let mut reads = Curve::new(
        "point reads, one task",
        "rows",
        Unit::Queries,
        "pages that the cache does not hold: HMAC and AES for each read",
    );
    let mut ranges = Curve::new(
        "ten thousand rows at once",
        "rows",
        Unit::Rows,
        "decoding: neighbours are on the same pages",
    );
    let mut inserts = Curve::new(
        "ten thousand rows added",
        "rows",
        Unit::Rows,
        "binding and encoding: new rows fill the same pages",
    );
    for rows in scale.curve_rows {
        let path =
            data::create(dir, &format!("curve-rows-{rows}.db"), Key::Raw, rows.into()).await?;
        let peers = Peers {
            db: peers::kstdb(&path, Key::Raw, POOL).await?,
            pool: peers::sqlx(&path, Key::Raw, POOL).await?,
            rows: rows.into(),
            path,
        };
        let (read, range, insert) = (reads.at(rows), ranges.at(rows), inserts.at(rows));
        for round in 0..i64::from(scale.curve_rounds) {
            peers.read(read, scale.reads_alone).await?;
            peers.read_range(range, scale.curve_range).await?;
            peers.add(insert, round, scale.curve_range).await?;
        }
        peers.db.close().await?;
        peers.pool.close().await;
        std::fs::remove_file(&peers.path)?;
    }
    Ok(vec![reads, ranges, inserts])
}

impl Peers {
    async fn read(&self, row: &mut Row, calls: i64) -> anyhow::Result<()> {
        let rows = self.rows;
        let start = Instant::now();
        for call in 0..calls {
            let _: Record = self
                .db
                .fetch_one(SELECT_ONE, (scattered(call, rows),))
                .await?;
        }
        row.add(Peer::Kstdb, calls, start.elapsed());

        let start = Instant::now();
        for call in 0..calls {
            let query = sqlx::query_as::<_, Record>(SELECT_ONE).bind(scattered(call, rows));
            query.fetch_one(&self.pool).await?;
        }
        row.add(Peer::Sqlx, calls, start.elapsed());

        let start = Instant::now();
        read_with_rusqlite(&self.path, rows, 0..calls)?;
        row.add(Peer::Rusqlite, calls, start.elapsed());
        Ok(())
    }

    async fn read_range(&self, row: &mut Row, count: i64) -> anyhow::Result<()> {
        let first = (self.rows - count) / 2;
        let (last, expected) = (first + count - 1, usize::try_from(count)?);
        let start = Instant::now();
        let found: Vec<Record> = self.db.fetch_all(SELECT_RANGE, (first, last)).await?;
        row.add(Peer::Kstdb, count, start.elapsed());
        ensure!(found.len() == expected);
        drop(found);

        let start = Instant::now();
        let query = sqlx::query_as::<_, Record>(SELECT_RANGE)
            .bind(first)
            .bind(last);
        let found = query.fetch_all(&self.pool).await?;
        row.add(Peer::Sqlx, count, start.elapsed());
        ensure!(found.len() == expected);
        drop(found);

        let connection = peers::rusqlite(&self.path, Key::Raw)?;
        let start = Instant::now();
        let mut statement = connection.prepare(SELECT_RANGE)?;
        let found = statement.query_map((first, last), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
        let found: Vec<Record> = found.collect::<Result<_, _>>()?;
        row.add(Peer::Rusqlite, count, start.elapsed());
        ensure!(found.len() == expected);
        Ok(())
    }

    /// Adds rows behind the last one and takes them away again, which is not measured.
    async fn add(&self, row: &mut Row, round: i64, count: i64) -> anyhow::Result<()> {
        let base = self.rows + round * 3 * count;
        let records: Vec<Record> = (base..base + count).map(data::record).collect();
        let start = Instant::now();
        self.db.execute_many(INSERT, records).await?;
        row.add(Peer::Kstdb, count, start.elapsed());

        let records: Vec<Record> = (base + count..base + 2 * count).map(data::record).collect();
        let start = Instant::now();
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        for (id, name, value) in &records {
            let query = sqlx::query(INSERT).bind(id).bind(name).bind(value);
            query.execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        row.add(Peer::Sqlx, count, start.elapsed());

        let records: Vec<Record> = (base + 2 * count..base + 3 * count)
            .map(data::record)
            .collect();
        let mut connection = peers::rusqlite(&self.path, Key::Raw)?;
        let start = Instant::now();
        let transaction =
            connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        {
            let mut statement = transaction.prepare(INSERT)?;
            for (id, name, value) in &records {
                statement.execute((id, name, value))?;
            }
        }
        transaction.commit()?;
        row.add(Peer::Rusqlite, count, start.elapsed());
        Ok(())
    }
}
