//! `mixed`: how much is read while two tasks write, as much with each peer.

use std::path::Path;
use std::time::Duration;

use kstdb_core::sqlx;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::data::{self, INSERT, Record, SELECT_ONE, scattered};
use crate::peers::{self, Key, POOL};
use crate::row::{Goal, Peer, Row, Unit};
use crate::scale::Scale;

const READERS: i64 = 14;
const WRITERS: i64 = 2;
/// Of each writer; what is late is made up for.
const BETWEEN_WRITES: Duration = Duration::from_millis(5);

/// What happened until the end.
#[derive(Clone, Copy, Debug, Default)]
struct Counted {
    reads: i64,
    writes: i64,
    failed: i64,
}

impl std::ops::AddAssign for Counted {
    fn add_assign(&mut self, other: Self) {
        self.reads += other.reads;
        self.writes += other.writes;
        self.failed += other.failed;
    }
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
    let (mut kstdb, mut sqlx) = (Counted::default(), Counted::default());
    for round in 0..i64::from(scale.rounds) {
        let base = rows + round * 1_000_000;
        let (reader, writer) = (db.clone(), db.clone());
        let read = move |call| {
            let db = reader.clone();
            async move {
                let _: Record = db.fetch_one(SELECT_ONE, (scattered(call, rows),)).await?;
                Ok(())
            }
        };
        let write = move |call| {
            let db = writer.clone();
            async move {
                db.execute(INSERT, data::record(base + call)).await?;
                Ok(())
            }
        };
        let counted = run(scale.mixed, read, write).await?;
        row.add(Peer::Kstdb, counted.reads, scale.mixed);
        kstdb += counted;

        let (reader, writer) = (pool.clone(), pool.clone());
        let read = move |call| {
            let pool = reader.clone();
            async move {
                let query = sqlx::query_as::<_, Record>(SELECT_ONE).bind(scattered(call, rows));
                query.fetch_one(&pool).await?;
                Ok(())
            }
        };
        let write = move |call| {
            let pool = writer.clone();
            async move {
                let (id, name, value) = data::record(base + call);
                let query = sqlx::query(INSERT).bind(id).bind(name).bind(value);
                query.execute(&pool).await?;
                Ok(())
            }
        };
        let counted = run(scale.mixed, read, write).await?;
        row.add(Peer::Sqlx, counted.reads, scale.mixed);
        sqlx += counted;
    }
    row.notes.push(format!(
        "{} errors, sqlx {}; {} writes, sqlx {}",
        kstdb.failed, sqlx.failed, kstdb.writes, sqlx.writes
    ));
    db.close().await?;
    pool.close().await;
    Ok(row)
}

/// Lets readers and writers run for a while.
async fn run<R, W>(
    time: Duration,
    read: impl Fn(i64) -> R + Clone + Send + 'static,
    write: impl Fn(i64) -> W + Clone + Send + 'static,
) -> anyhow::Result<Counted>
where
    R: Future<Output = anyhow::Result<()>> + Send + 'static,
    W: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    let end = Instant::now() + time;
    let readers = (0..READERS).map(|task| {
        let read = read.clone();
        tokio::spawn(async move {
            let mut counted = Counted::default();
            while Instant::now() < end {
                match read(task + counted.reads * READERS).await {
                    Ok(()) => counted.reads += 1,
                    Err(_) => counted.failed += 1,
                }
            }
            counted
        })
    });
    let writers = (0..WRITERS).map(|task| {
        let write = write.clone();
        tokio::spawn(async move {
            let mut counted = Counted::default();
            let mut pace = interval(BETWEEN_WRITES);
            pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
            while pace.tick().await < end {
                match write(task + (counted.writes + counted.failed) * WRITERS).await {
                    Ok(()) => counted.writes += 1,
                    Err(_) => counted.failed += 1,
                }
            }
            counted
        })
    });
    let mut all = Counted::default();
    for task in readers.chain(writers).collect::<Vec<_>>() {
        all += task.await?;
    }
    Ok(all)
}
