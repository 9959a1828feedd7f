//! More and more readers beside the same two writers.

use std::path::Path;

use super::along::TASKS;
use crate::curves::Curve;
use crate::data;
use crate::peers::{self, Key, POOL};
use crate::row::{Peer, Unit};
use crate::rows::mixed::{self, Load};
use crate::scale::Scale;

pub(super) async fn reads(dir: &Path, scale: &Scale) -> anyhow::Result<Curve> {
    let title = "point reads beside 400 inserts a second";
    let limit = "waking threads, and pages that a commit has changed for all";
    let mut curve = Curve::new(title, "tasks that read", Unit::Queries, limit);
    let rows = scale.table_rows;
    let ours = data::create(dir, "curve-mixed-a.db", Key::Raw, rows).await?;
    let theirs = data::create(dir, "curve-mixed-b.db", Key::Raw, rows).await?;
    let db = peers::kstdb(&ours, Key::Raw, POOL).await?;
    let pool = peers::sqlx(&theirs, Key::Raw, POOL).await?;
    let mut base = rows;
    for count in TASKS {
        let row = curve.at(count);
        for _ in 0..scale.curve_rounds {
            let load = Load {
                readers: i64::from(count),
                time: scale.curve_mixed,
                rows,
                base,
            };
            let counted = mixed::with_kstdb(&db, load).await?;
            row.add_ours(&counted.reads, 1);
            let counted = mixed::with_sqlx(&pool, load).await?;
            row.add(Peer::Sqlx, counted.reads.succeeded, load.time);
            base += 1_000_000;
        }
    }
    db.close().await?;
    pool.close().await;
    Ok(curve)
}
