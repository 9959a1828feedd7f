//! The whole table, read at once and streamed.

use super::Peers;
use crate::curves::Curve;
use crate::row::{Peer, Unit};
use crate::rows::{fetch, stream};
use crate::scale::Scale;

/// Read at once, streamed.
pub(super) struct Whole {
    pub(super) curves: [Curve; 2],
}

impl Whole {
    pub(super) fn new() -> Self {
        let fetched = "decoding, then malloc, then AES and HMAC of pages";
        let streamed = "decoding, AES and HMAC, malloc, and waking for each batch";
        Self {
            curves: [
                Curve::new("all rows read at once", "rows", Unit::Rows, fetched),
                Curve::new("all rows streamed", "rows", Unit::Rows, streamed),
            ],
        }
    }

    /// Reads it; the largest table once, and only as a stream: at once it would be gigabytes.
    pub(super) async fn read(&mut self, peers: &mut Peers, scale: &Scale) -> anyhow::Result<()> {
        let (count, large) = (i64::from(peers.rows), peers.rows > scale.curve_most_fetched);
        let [fetched, streamed] = &mut self.curves;
        if !large {
            let row = fetched.at(peers.rows);
            for _ in 0..scale.curve_rounds {
                row.add(
                    Peer::Kstdb,
                    count,
                    fetch::with_kstdb(&peers.db, count).await?,
                );
                row.add(
                    Peer::Sqlx,
                    count,
                    fetch::with_sqlx(&peers.pool, count).await?,
                );
                let elapsed = fetch::with_rusqlite(&peers.connection, count)?;
                row.add(Peer::Rusqlite, count, elapsed);
            }
        }
        let row = streamed.at(peers.rows);
        for _ in 0..if large { 1 } else { scale.curve_rounds } {
            row.add(
                Peer::Kstdb,
                count,
                stream::with_kstdb(&peers.db, count).await?,
            );
            row.add(
                Peer::Sqlx,
                count,
                stream::with_sqlx(&peers.pool, count).await?,
            );
            let elapsed = stream::with_rusqlite(&peers.connection, count)?;
            row.add(Peer::Rusqlite, count, elapsed);
        }
        Ok(())
    }
}
