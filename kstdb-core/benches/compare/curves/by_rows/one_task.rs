//! What one task does with a table: a row by its key, neighbours, rows added behind the last one.

use std::time::Instant;

use anyhow::ensure;
use kstdb_core::sqlx;

use super::Peers;
use crate::curves::Curve;
use crate::data::{self, Record, SELECT_RANGE};
use crate::row::{Peer, Row, Unit};
use crate::rows::{insert, point};
use crate::scale::Scale;

/// Reads, neighbours, adding.
pub(super) struct OneTask {
    pub(super) curves: [Curve; 3],
}

impl OneTask {
    pub(super) fn new() -> Self {
        let reads = "pages that the cache does not hold: HMAC and AES for each read";
        let ranges = "decoding and malloc: neighbours are on the same pages";
        let inserts = "the tree of SQLite: new rows fill the same pages";
        Self {
            curves: [
                Curve::new("point reads, one task", "rows", Unit::Queries, reads),
                Curve::new("ten thousand rows at once", "rows", Unit::Rows, ranges),
                Curve::new("ten thousand rows added", "rows", Unit::Rows, inserts),
            ],
        }
    }

    /// Reads; the first round fills the caches.
    pub(super) async fn read(&mut self, peers: &mut Peers, scale: &Scale) -> anyhow::Result<()> {
        let [reads, ranges, _] = &mut self.curves;
        let (read, range) = (reads.at(peers.rows), ranges.at(peers.rows));
        for round in 0..=scale.curve_rounds {
            read_one(peers, read, scale.reads_alone).await?;
            read_range(peers, range, scale.curve_range).await?;
            if round == 0 {
                read.forget_rounds();
                range.forget_rounds();
            }
        }
        Ok(())
    }

    /// Adds rows behind the last one, and takes them away again, which is not measured.
    pub(super) async fn add(&mut self, peers: &mut Peers, scale: &Scale) -> anyhow::Result<()> {
        let [.., inserts] = &mut self.curves;
        let (row, count) = (inserts.at(peers.rows), scale.curve_range);
        let first = i64::from(peers.rows);
        let records: Vec<Record> = (first..first + count).map(data::record).collect();
        for _ in 0..scale.curve_rounds {
            let elapsed = insert::with_kstdb(&peers.db, records.clone()).await?;
            row.add(Peer::Kstdb, count, elapsed);
            peers.take_away()?;

            let elapsed = insert::with_sqlx(&peers.pool, &records).await?;
            row.add(Peer::Sqlx, count, elapsed);
            peers.take_away()?;

            let elapsed = insert::with_rusqlite(&mut peers.connection, &records)?;
            row.add(Peer::Rusqlite, count, elapsed);
            peers.take_away()?;
        }
        Ok(())
    }
}

async fn read_one(peers: &mut Peers, row: &mut Row, calls: i64) -> anyhow::Result<()> {
    let rows = i64::from(peers.rows);
    let start = Instant::now();
    for call in 0..calls {
        point::with_kstdb(&peers.db, rows, call).await?;
    }
    row.add(Peer::Kstdb, calls, start.elapsed());

    let start = Instant::now();
    for call in 0..calls {
        point::with_sqlx(&peers.pool, rows, call).await?;
    }
    row.add(Peer::Sqlx, calls, start.elapsed());

    let elapsed = point::with_rusqlite(&peers.connection, rows, 0..calls)?;
    row.add(Peer::Rusqlite, calls, elapsed);
    Ok(())
}

async fn read_range(peers: &mut Peers, row: &mut Row, count: i64) -> anyhow::Result<()> {
    let first = (i64::from(peers.rows) - count) / 2;
    let (last, expected) = (first + count - 1, usize::try_from(count)?);
    let start = Instant::now();
    let found: Vec<Record> = peers.db.fetch_all(SELECT_RANGE, (first, last)).await?;
    row.add(Peer::Kstdb, count, start.elapsed());
    ensure!(found.len() == expected);
    drop(found);

    let start = Instant::now();
    let query = sqlx::query_as::<_, Record>(SELECT_RANGE);
    let found = query.bind(first).bind(last).fetch_all(&peers.pool).await?;
    row.add(Peer::Sqlx, count, start.elapsed());
    ensure!(found.len() == expected);
    drop(found);

    let start = Instant::now();
    let mut statement = peers.connection.prepare_cached(SELECT_RANGE)?;
    let found = statement.query_map((first, last), |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    })?;
    let found: Vec<Record> = found.collect::<Result<_, _>>()?;
    row.add(Peer::Rusqlite, count, start.elapsed());
    ensure!(found.len() == expected);
    Ok(())
}
