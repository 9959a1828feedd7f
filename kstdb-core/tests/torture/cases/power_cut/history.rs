//! A history of transactions, checkpoints, reopenings, with power cuts anywhere.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::ensure;
use kstdb_core::{AssertSqlSafe, AsyncDatabase, DatabaseError, Synchronous, sqlx};

use crate::support::{Append, Ledger, Template, builder, migrations, write_image};
use crate::vfs::{Cut, Recorder, Volume};

/// After one in so many changes of a file the power is cut.
const ONE_IN: u64 = 12;

/// What the program may rely on.
#[derive(Debug)]
struct Promise {
    synchronous: Synchronous,
    /// The last transaction that a power cut must not undo.
    last: Arc<AtomicU64>,
    acked: u64,
}

impl Promise {
    /// A transaction was acknowledged: with `FULL` that is a promise.
    fn acknowledged(&mut self, n: u64) {
        self.acked = n;
        if self.synchronous == Synchronous::Full {
            self.last.store(n, Ordering::Release);
        }
    }

    /// Everything was moved into the database and synced: a promise with `NORMAL`, too.
    fn checkpointed(&self) {
        self.last.store(self.acked, Ordering::Release);
    }
}

/// A history that was run.
#[derive(Debug)]
pub(super) struct History {
    pub(super) cuts: Vec<Cut>,
    /// It begins with the creation of the database.
    pub(super) creates: bool,
}

/// Runs a history with cuts in it.
pub(super) async fn run(rng: &mut fastrand::Rng) -> anyhow::Result<History> {
    let template = match rng.u8(..5) {
        0 => None,
        1 | 2 => Some(Template::hot()?),
        _ => Some(Template::cold()?),
    };
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("app.db");
    let mut acked = 0;
    if let Some(template) = template {
        write_image(template.image(), dir.path())?;
        acked = template.last;
    }
    let volume = Volume::mount(dir.path());
    let last = Arc::new(AtomicU64::new(acked));
    volume.record(Recorder {
        rng: rng.fork(),
        one_in: ONE_IN,
        promise: Box::new({
            let last = Arc::clone(&last);
            move || last.load(Ordering::Acquire)
        }),
    });
    let synchronous = if rng.u8(..3) == 0 {
        Synchronous::Normal
    } else {
        Synchronous::Full
    };
    let promise = Promise {
        synchronous,
        last,
        acked,
    };
    let creates = template.is_none();
    write(&path, promise, creates, rng).await?;
    Ok(History {
        cuts: volume.cuts(),
        creates,
    })
}

async fn write(
    path: &Path,
    mut promise: Promise,
    creates: bool,
    rng: &mut fastrand::Rng,
) -> anyhow::Result<()> {
    // Every few pages, or hardly ever.
    let checkpoint_pages = [3, 10, 40, 1_000][rng.usize(..4)];
    let mut db = open(path, promise.synchronous, checkpoint_pages).await?;
    if creates {
        db.migrate(&migrations(path).await?).await?;
        Ledger::of(&db).create().await?;
    }
    for _ in 0..rng.usize(8..20) {
        match rng.u8(..20) {
            0 => {
                db.close().await?;
                promise.checkpointed();
                db = open(path, promise.synchronous, checkpoint_pages).await?;
            }
            1 | 2 => {
                let mode = ["PASSIVE", "RESTART", "TRUNCATE"][rng.usize(..3)];
                let sql = AssertSqlSafe(format!("PRAGMA wal_checkpoint({mode})"));
                let (busy, in_wal, moved): (bool, i64, i64) = db.fetch_one(sql, ()).await?;
                if !busy && in_wal == moved {
                    promise.checkpointed();
                }
            }
            3 => drop(db.execute("VACUUM", ()).await?),
            _ => {
                let n = Ledger::of(&db).append(Append::nth(rng.u64(..))).await?;
                ensure!(n == promise.acked + 1, "{n} follows {}", promise.acked);
                promise.acknowledged(n);
            }
        }
    }
    db.close().await?;
    promise.checkpointed();
    Ok(())
}

async fn open(
    path: &Path,
    synchronous: Synchronous,
    checkpoint_pages: u32,
) -> Result<AsyncDatabase, DatabaseError> {
    builder(path)
        .synchronous(synchronous)
        .on_connect(move |connection| {
            Box::pin(async move {
                let sql = format!("PRAGMA wal_autocheckpoint = {checkpoint_pages}");
                sqlx::raw_sql(AssertSqlSafe(sql))
                    .execute(connection)
                    .await?;
                Ok(())
            })
        })
        .connect()
        .await
}
