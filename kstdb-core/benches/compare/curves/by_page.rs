//! The same table in files whose pages have other sizes.

use std::path::Path;
use std::time::Instant;

use kstdb_core::{CipherProfile, PageSize};

use super::Curve;
use crate::data::{self, INSERT, Record, SELECT_ALL, SELECT_ONE, scattered};
use crate::peers::{self, Key};
use crate::row::{Peer, Unit};
use crate::scale::Scale;

const SIZES: [(u32, PageSize); 5] = [
    (1_024, PageSize::Bytes1024),
    (2_048, PageSize::Bytes2048),
    (4_096, PageSize::Bytes4096),
    (8_192, PageSize::Bytes8192),
    (16_384, PageSize::Bytes16384),
];

pub(super) async fn measure(dir: &Path, scale: &Scale) -> anyhow::Result<Vec<Curve>> {
    let along = "bytes of a page";
    let mut reads = Curve::new(
        "point reads, one task",
        along,
        Unit::Queries,
        "HMAC and AES of whole pages, more of them the larger a page is",
    );
    let mut inserts = Curve::new(
        "rows inserted at once",
        along,
        Unit::Rows,
        "what each page costs beside its bytes, if it is small",
    );
    let mut scans = Curve::new(
        "all rows at once",
        along,
        Unit::Rows,
        "what each page costs beside its bytes, if it is small",
    );
    let count = scale.table_rows;
    for (bytes, size) in SIZES {
        let path = dir.join(format!("curve-page-{bytes}.db"));
        let profile = CipherProfile::default().page_size(size);
        let builder = peers::builder(&path, Key::Raw, 1).cipher_profile(profile);
        let db = builder.connect().await?;
        let (read, insert, scan) = (reads.at(bytes), inserts.at(bytes), scans.at(bytes));
        data::create_table(&db).await?;
        for round in 0..i64::from(scale.curve_rounds) {
            let rows: Vec<Record> = (round * count..(round + 1) * count)
                .map(data::record)
                .collect();
            let start = Instant::now();
            db.execute_many(INSERT, rows).await?;
            insert.add(Peer::Kstdb, count, start.elapsed());

            let all = (round + 1) * count;
            let start = Instant::now();
            let found: Vec<Record> = db.fetch_all(SELECT_ALL, ()).await?;
            scan.add(Peer::Kstdb, all, start.elapsed());
            anyhow::ensure!(found.len() == usize::try_from(all)?);
            drop(found);

            let start = Instant::now();
            for call in 0..scale.reads_alone {
                let _: Record = db.fetch_one(SELECT_ONE, (scattered(call, all),)).await?;
            }
            read.add(Peer::Kstdb, scale.reads_alone, start.elapsed());
        }
        db.close().await?;
    }
    Ok(vec![reads, inserts, scans])
}
