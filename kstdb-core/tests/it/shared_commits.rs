//! Small writes of several callers share a commit, and nobody can tell but by the clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use futures_util::future::join_all;
use kstdb_core::{AsyncDatabase, DatabaseError, Executed, Params};
use tokio::task::JoinHandle;

use crate::support::{Busy, Files, LIMIT, TestResult};

const INSERT: &str = "INSERT INTO t (id, parent) VALUES (?, ?)";
const ROUND: u32 = 10;

/// A database whose statement has been seen to share commits, and who counts them.
struct Shared {
    db: AsyncDatabase,
    commits: Arc<AtomicU32>,
    _files: Files,
}

impl Shared {
    async fn open() -> TestResult<Self> {
        let files = Files::new()?;
        let commits = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&commits);
        let builder = files.builder().max_connections(1);
        let builder = builder.on_connect(move |connection| {
            let counted = Arc::clone(&counted);
            Box::pin(async move {
                let mut handle = connection.lock_handle().await?;
                handle.set_commit_hook(move || {
                    counted.fetch_add(1, Ordering::Relaxed);
                    true
                });
                Ok(())
            })
        });
        let db = builder.connect().await?;
        let table = "CREATE TABLE t (id INTEGER PRIMARY KEY,
            parent INTEGER REFERENCES t (id) DEFERRABLE INITIALLY DEFERRED)";
        db.execute(table, ()).await?;
        let shared = Self {
            db,
            commits,
            _files: files,
        };
        shared.until_commits_are_shared().await?;
        Ok(shared)
    }

    /// Each run of the statement has to be short for that, which a busy machine can prevent.
    async fn until_commits_are_shared(&self) -> TestResult {
        let start = Instant::now();
        let mut id = -1_000_000;
        while start.elapsed() < LIMIT {
            let before = self.commits.load(Ordering::Relaxed);
            let rows: Vec<_> = (0..ROUND)
                .map(|n| (id + i64::from(n), None::<i64>))
                .collect();
            for stored in self.queued(INSERT, rows).await? {
                stored?;
            }
            id += i64::from(ROUND);
            // One is that of the one who kept them waiting.
            if self.commits.load(Ordering::Relaxed) - before == 2 {
                self.db.execute("DELETE FROM t", ()).await?;
                return Ok(());
            }
        }
        Err("no commit was ever shared".into())
    }

    /// Runs the statement once for each row, by callers who all wait at the same time.
    async fn queued<P: Params + Send + 'static>(
        &self,
        sql: &'static str,
        rows: Vec<P>,
    ) -> TestResult<Vec<Result<Executed, DatabaseError>>> {
        let busy = Busy::start(&self.db).await?;
        let calls: Vec<_> = rows.into_iter().map(|row| self.call(sql, row)).collect();
        tokio::task::yield_now().await;
        busy.end().await?;
        let done: Result<_, _> = join_all(calls).await.into_iter().collect();
        Ok(done?)
    }

    fn call<P: Params + Send + 'static>(
        &self,
        sql: &'static str,
        row: P,
    ) -> JoinHandle<Result<Executed, DatabaseError>> {
        let db = self.db.clone();
        tokio::spawn(async move { db.execute(sql, row).await })
    }

    async fn ids(&self) -> Result<Vec<i64>, DatabaseError> {
        let rows: Vec<(i64,)> = self
            .db
            .fetch_all("SELECT id FROM t ORDER BY id", ())
            .await?;
        Ok(rows.into_iter().map(|(id,)| id).collect())
    }
}

#[tokio::test]
async fn every_caller_has_its_own_result() -> TestResult {
    let shared = Shared::open().await?;
    let rows = (1..=10_i64).map(|id| (id * 7, None::<i64>)).collect();
    let done = shared.queued(INSERT, rows).await?;
    for (number, executed) in (1..).zip(done) {
        let executed = executed?;
        assert_eq!(executed.rows_affected, 1);
        assert_eq!(executed.last_insert_rowid, number * 7);
    }
    assert_eq!(
        shared.ids().await?,
        (1..=10).map(|id| id * 7).collect::<Vec<_>>()
    );
    Ok(shared.db.close().await?)
}

#[tokio::test]
async fn a_constraint_refuses_its_own_caller_and_nobody_else() -> TestResult {
    let shared = Shared::open().await?;
    let rows = [1, 2, 1, 3, 2, 4].map(|id: i64| (id, None::<i64>));
    let done = shared.queued(INSERT, rows.into()).await?;
    let stored: Vec<bool> = done.iter().map(Result::is_ok).collect();
    assert_eq!(stored, [true, true, false, true, false, true]);
    assert_eq!(shared.ids().await?, [1, 2, 3, 4]);
    Ok(shared.db.close().await?)
}

#[tokio::test]
async fn a_foreign_key_checked_at_the_commit_refuses_its_own_caller_and_nobody_else() -> TestResult
{
    let shared = Shared::open().await?;
    // The row that the first refers to comes with the second: too late for a commit of its own.
    let rows = vec![(1, Some(2_i64)), (2, None), (3, Some(2))];
    let done = shared.queued(INSERT, rows).await?;
    let stored: Vec<bool> = done.iter().map(Result::is_ok).collect();
    assert_eq!(stored, [false, true, true]);
    assert_eq!(shared.ids().await?, [2, 3]);
    Ok(shared.db.close().await?)
}

#[tokio::test]
async fn a_statement_that_rolls_everything_back_takes_nobody_along() -> TestResult {
    let shared = Shared::open().await?;
    shared.db.execute(INSERT, (2, None::<i64>)).await?;
    let busy = Busy::start(&shared.db).await?;
    let calls = [
        shared.call(INSERT, (1, None::<i64>)),
        shared.call("INSERT OR ROLLBACK INTO t (id) VALUES (?)", (2,)),
        shared.call(INSERT, (3, None::<i64>)),
    ];
    tokio::task::yield_now().await;
    busy.end().await?;
    let mut stored = Vec::new();
    for call in calls {
        stored.push(call.await?.is_ok());
    }
    assert_eq!(stored, [true, false, true]);
    assert_eq!(shared.ids().await?, [1, 2, 3]);
    Ok(shared.db.close().await?)
}

#[tokio::test]
async fn a_caller_who_is_gone_before_it_begins_takes_nobody_along() -> TestResult {
    let shared = Shared::open().await?;
    let busy = Busy::start(&shared.db).await?;
    let calls = [1, 2, 3].map(|id| shared.call(INSERT, (id, None::<i64>)));
    tokio::task::yield_now().await;
    calls[1].abort();
    // An aborted task is gone when it would have had its turn.
    tokio::task::yield_now().await;
    busy.end().await?;
    let mut stored = Vec::new();
    for call in calls {
        stored.push(call.await.is_ok_and(|done| done.is_ok()));
    }
    assert_eq!(stored, [true, false, true]);
    assert_eq!(shared.ids().await?, [1, 3]);
    Ok(shared.db.close().await?)
}
