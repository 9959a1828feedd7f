//! Point reads on a table that does not fit, with more and more of it kept decrypted.

use std::path::Path;
use std::time::Instant;

use anyhow::Context as _;

use super::Curve;
use crate::data::{self, Record, SELECT_ONE, scattered};
use crate::peers::{self, Key};
use crate::row::{Peer, Unit};
use crate::scale::Scale;

const MEBIBYTES: [u32; 5] = [1, 2, 8, 32, 128];

pub(super) async fn measure(dir: &Path, scale: &Scale) -> anyhow::Result<Curve> {
    let mut curve = Curve::new(
        "point reads, one connection",
        "MiB of cache",
        Unit::Queries,
        "HMAC and AES of the pages that are not kept",
    );
    let (rows, calls) = (i64::from(scale.curve_rows[1]), scale.reads_alone * 4);
    let path = data::create(dir, "curve-cache.db", Key::Raw, rows).await?;
    for mebibytes in MEBIBYTES {
        let row = curve.at(mebibytes);
        let bytes = u64::from(mebibytes) * 1024 * 1024;
        let builder = peers::builder(&path, Key::Raw, 1);
        let db = builder.cache_size_bytes(bytes).connect().await?;
        let connection = peers::rusqlite(&path, Key::Raw)?;
        let kib = i64::from(mebibytes) * 1024;
        connection.pragma_update(None, "cache_size", -kib)?;
        // The first round fills the caches.
        for round in 0..=scale.curve_rounds {
            let start = Instant::now();
            for call in 0..calls {
                let _: Record = db.fetch_one(SELECT_ONE, (scattered(call, rows),)).await?;
            }
            let ours = start.elapsed();

            let start = Instant::now();
            read(&connection, rows, calls).context("rusqlite")?;
            if round > 0 {
                row.add(Peer::Kstdb, calls, ours);
                row.add(Peer::Rusqlite, calls, start.elapsed());
            }
        }
        db.close().await?;
    }
    Ok(curve)
}

fn read(connection: &rusqlite::Connection, rows: i64, calls: i64) -> rusqlite::Result<()> {
    for call in 0..calls {
        let mut statement = connection.prepare_cached(SELECT_ONE)?;
        let found = statement.query_row((scattered(call, rows),), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        });
        let _: Record = found?;
    }
    Ok(())
}
