//! `mixed`: how much is read while two tasks write, as much with each peer.

use std::path::Path;
use std::time::Duration;

use kstdb_core::{AsyncDatabase, sqlx};
use sqlx::SqlitePool;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::{point, write};
use crate::data;
use crate::goal::{Bound, Goal};
use crate::peers::{self, Key, POOL};
use crate::row::{Peer, Row, Unit};
use crate::scale::Scale;
use crate::tasks::Ran;

const READERS: i64 = 14;
const WRITERS: i64 = 2;
/// Of each writer; what is late is made up for.
const BETWEEN_WRITES: Duration = Duration::from_millis(5);
/// Of sqlx's writes that kstdb has to reach: both are paced, and the last ticks can fall to either side.
const EQUAL: f64 = 0.99;

/// What happened until the end.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    /// The reads that succeeded, and every call that failed.
    pub(crate) reads: Ran,
    pub(crate) writes: i64,
}

/// What a run reads and writes, and for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) readers: i64,
    pub(crate) time: Duration,
    /// Rows that are there and read.
    pub(crate) rows: i64,
    /// The first key that is written.
    pub(crate) base: i64,
}

pub(crate) async fn measure(dir: &Path, scale: &Scale) -> anyhow::Result<Row> {
    let goal = Goal {
        sqlx: Some(2.0),
        limit: None,
    };
    let mut row = Row::new("mixed", Unit::Queries, goal);
    let rows = scale.table_rows;
    let ours = data::create(dir, "mixed-a.db", Key::Raw, rows).await?;
    let theirs = data::create(dir, "mixed-b.db", Key::Raw, rows).await?;
    let db = peers::kstdb(&ours, Key::Raw, POOL).await?;
    let pool = peers::sqlx(&theirs, Key::Raw, POOL).await?;
    let (mut writes, mut sqlx_writes, mut sqlx_failed) = (0, 0, 0);
    for round in 0..i64::from(scale.mixed_rounds) {
        let load = Load {
            readers: READERS,
            time: scale.mixed,
            rows,
            base: rows + round * 1_000_000,
        };
        let counted = with_kstdb(&db, load).await?;
        row.add_ours(&counted.reads, 1);
        writes += counted.writes;

        let counted = with_sqlx(&pool, load).await?;
        row.add(Peer::Sqlx, counted.reads.succeeded, load.time);
        sqlx_writes += counted.writes;
        sqlx_failed += counted.reads.failed;
    }
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    let share = writes as f64 / sqlx_writes as f64;
    row.check("writes / sqlx's writes", share, Bound::AtLeast(EQUAL));
    row.notes.push(format!(
        "{writes} writes, sqlx {sqlx_writes}; sqlx: {sqlx_failed} errors; {} rounds of {} s",
        scale.mixed_rounds,
        scale.mixed.as_secs_f64()
    ));
    db.close().await?;
    pool.close().await;
    Ok(row)
}

pub(crate) async fn with_kstdb(db: &AsyncDatabase, load: Load) -> anyhow::Result<Counted> {
    let (reader, writer) = (db.clone(), db.clone());
    let read = move |call| {
        let db = reader.clone();
        async move { point::with_kstdb(&db, load.rows, call).await }
    };
    let write = move |call| {
        let db = writer.clone();
        async move { write::with_kstdb(&db, load.base + call).await }
    };
    run(load, read, write).await
}

/// The same with sqlx's own pool.
pub(crate) async fn with_sqlx(pool: &SqlitePool, load: Load) -> anyhow::Result<Counted> {
    let (reader, writer) = (pool.clone(), pool.clone());
    let read = move |call| {
        let pool = reader.clone();
        async move { point::with_sqlx(&pool, load.rows, call).await }
    };
    let write = move |call| {
        let pool = writer.clone();
        async move { write::with_sqlx(&pool, load.base + call).await }
    };
    run(load, read, write).await
}

/// Lets readers and writers run for a while.
async fn run<R, W>(
    load: Load,
    read: impl Fn(i64) -> R + Clone + Send + 'static,
    write: impl Fn(i64) -> W + Clone + Send + 'static,
) -> anyhow::Result<Counted>
where
    R: Future<Output = anyhow::Result<()>> + Send + 'static,
    W: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    let (readers, end) = (load.readers, Instant::now() + load.time);
    let reading = (0..readers).map(|task| {
        let read = read.clone();
        tokio::spawn(async move {
            let mut ran = Ran::default();
            while Instant::now() < end {
                ran.count(read(task + ran.succeeded * readers).await);
            }
            ran
        })
    });
    let writing = (0..WRITERS).map(|task| {
        let write = write.clone();
        tokio::spawn(async move {
            let mut ran = Ran::default();
            let mut pace = interval(BETWEEN_WRITES);
            pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
            while pace.tick().await < end {
                ran.count(write(task + (ran.succeeded + ran.failed) * WRITERS).await);
            }
            ran
        })
    });
    let (reading, writing): (Vec<_>, Vec<_>) = (reading.collect(), writing.collect());
    let mut counted = Counted::default();
    for task in reading {
        counted.reads.join(task.await?);
    }
    for task in writing {
        let ran = task.await?;
        counted.writes += ran.succeeded;
        counted.reads.join(Ran {
            succeeded: 0,
            ..ran
        });
    }
    counted.reads.elapsed = load.time;
    Ok(counted)
}
