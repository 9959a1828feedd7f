//! Calls that wait for others: taken along in order, given up without a trace, refused in time.

use futures_util::StreamExt as _;
use kstdb_core::{AsyncDatabase, DatabaseConnectionError, DatabaseError, DbConfig};
use tokio::task::JoinHandle;

use crate::support::{Busy, LIMIT};

type Checked = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// A database with one connection.
async fn open(dir: &tempfile::TempDir) -> Result<AsyncDatabase, DatabaseError> {
    let db = AsyncDatabase::builder(dir.path().join("waiting.db"))
        .config(DbConfig::default())
        .passphrase(format!("x'{}'", "5b".repeat(32)))
        .max_connections(1)
        .connect()
        .await?;
    db.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)", ())
        .await?;
    Ok(db)
}

async fn ids(db: &AsyncDatabase) -> Result<Vec<i64>, DatabaseError> {
    let rows: Vec<(i64,)> = db.fetch_all("SELECT id FROM t ORDER BY id", ()).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

fn insert(db: &AsyncDatabase, id: i64) -> JoinHandle<Result<(), DatabaseError>> {
    let db = db.clone();
    tokio::spawn(async move {
        db.execute("INSERT INTO t VALUES (?)", (id,))
            .await
            .map(drop)
    })
}

#[tokio::test]
async fn calls_that_wait_are_taken_along_by_whoever_is_at_work() -> Checked {
    let dir = tempfile::tempdir()?;
    let db = open(&dir).await?;
    let busy = Busy::start(&db).await?;
    let before = db.stats().total_acquired;
    let mut calls = Vec::new();
    for number in 0..10_i64 {
        calls.push(insert(&db, number));
    }
    let readers: Vec<_> = (0..10)
        .map(|_| {
            let db = db.clone();
            tokio::spawn(async move { db.fetch_value::<i64>("SELECT 7", ()).await })
        })
        .collect();
    tokio::task::yield_now().await;
    busy.end().await?;
    for call in calls {
        call.await??;
    }
    for reader in readers {
        assert_eq!(reader.await??, 7);
    }
    let acquired = db.stats().total_acquired - before;
    assert!(acquired < 20, "{acquired} leases for 20 calls");
    assert_eq!(ids(&db).await?, (0..10).collect::<Vec<_>>());
    Ok(db.close().await?)
}

#[tokio::test]
async fn a_call_given_up_while_it_waits_never_runs() -> Checked {
    let dir = tempfile::tempdir()?;
    let db = open(&dir).await?;
    // Seen as a write once, it waits with the writers.
    db.execute("INSERT INTO t VALUES (?)", (0,)).await?;
    let busy = Busy::start(&db).await?;
    let (first, given_up, last) = (insert(&db, 1), insert(&db, 2), insert(&db, 3));
    tokio::task::yield_now().await;
    given_up.abort();
    assert!(given_up.await.is_err_and(|error| error.is_cancelled()));
    busy.end().await?;
    first.await??;
    last.await??;
    assert_eq!(ids(&db).await?, [0, 1, 3]);
    Ok(db.close().await?)
}

#[tokio::test]
async fn a_panic_in_one_call_is_not_that_of_the_next() -> Checked {
    let dir = tempfile::tempdir()?;
    let db = open(&dir).await?;
    let busy = Busy::start(&db).await?;
    let panics = {
        let db = db.clone();
        tokio::spawn(async move {
            let rows = (1..3_i64).map(|id| match id {
                1 => (id,),
                _ => std::panic::panic_any("mine"),
            });
            db.execute_many("INSERT INTO t VALUES (?)", rows).await
        })
    };
    let next = insert(&db, 7);
    tokio::task::yield_now().await;
    busy.end().await?;
    let error = panics.await.err().ok_or("it did not panic")?;
    assert_eq!(error.into_panic().downcast_ref::<&str>(), Some(&"mine"));
    next.await??;
    assert_eq!(ids(&db).await?, [7]);
    Ok(db.close().await?)
}

#[tokio::test]
async fn a_failed_call_leaves_those_behind_it_alone() -> Checked {
    let dir = tempfile::tempdir()?;
    let db = open(&dir).await?;
    let busy = Busy::start(&db).await?;
    let calls = [1, 1, 2].map(|id| insert(&db, id));
    tokio::task::yield_now().await;
    busy.end().await?;
    let mut stored = Vec::new();
    for call in calls {
        stored.push(call.await?.is_ok());
    }
    assert_eq!(stored, [true, false, true]);
    assert_eq!(ids(&db).await?, [1, 2]);
    Ok(db.close().await?)
}

#[tokio::test]
async fn closing_refuses_calls_that_wait() -> Checked {
    let dir = tempfile::tempdir()?;
    let db = open(&dir).await?;
    let busy = Busy::start(&db).await?;
    let reader = {
        let db = db.clone();
        tokio::spawn(async move { db.fetch_value::<i64>("SELECT 7", ()).await })
    };
    let writer = insert(&db, 1);
    tokio::task::yield_now().await;
    let closing = {
        let db = db.clone();
        tokio::spawn(async move { db.close().await })
    };
    for refused in [reader.await?.map(drop), writer.await?] {
        assert!(
            matches!(
                refused,
                Err(DatabaseError::Connection(DatabaseConnectionError::Closed))
            ),
            "{refused:?}"
        );
    }
    // What was at work ends in peace.
    busy.end().await?;
    Ok(closing.await??)
}

#[tokio::test]
async fn a_call_waits_for_a_connection_no_longer_than_the_limit() -> Checked {
    let dir = tempfile::tempdir()?;
    let db = open(&dir).await?;
    let held = db.connection().await?;
    // From here on nothing happens on another thread, so that the clock can jump to the limit.
    tokio::time::pause();
    let refused = db.fetch_value::<i64>("SELECT 7", ()).await;
    assert!(
        matches!(refused, Err(DatabaseError::PoolExhausted(_))),
        "{refused:?}"
    );
    tokio::time::resume();
    drop(held);
    assert_eq!(db.fetch_value::<i64>("SELECT 7", ()).await?, 7);
    Ok(db.close().await?)
}

/// A stream that nobody polls would keep the place in the line that it does not need any more, or
/// the connection of whoever took it along.
#[tokio::test]
async fn a_stream_that_is_not_looked_after_keeps_nobody_waiting() -> Checked {
    let dir = tempfile::tempdir()?;
    let db = open(&dir).await?;
    db.close().await?;
    let db = AsyncDatabase::builder(dir.path().join("waiting.db"))
        .config(DbConfig::default())
        .passphrase(format!("x'{}'", "5b".repeat(32)))
        .max_connections(2)
        .connect()
        .await?;
    db.execute_many("INSERT INTO t VALUES (?)", (0..2_000).map(|id| (id,)))
        .await?;
    let (busy, held) = (Busy::start(&db).await?, db.connection().await?);
    let reader = db.clone();
    let (told, has_row) = tokio::sync::oneshot::channel();
    let streaming = tokio::spawn(async move {
        let mut rows = reader.fetch::<(i64,)>("SELECT id FROM t", ());
        rows.next().await.ok_or("no row")??;
        assert!(told.send(()).is_ok());
        // The stream is not polled meanwhile, and the pool has one connection beside it.
        for id in 10_000..10_010 {
            reader.execute("INSERT INTO t VALUES (?)", (id,)).await?;
        }
        drop(rows);
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
    });
    tokio::task::yield_now().await;
    busy.end().await?;
    has_row.await?;
    drop(held);
    tokio::time::timeout(LIMIT / 2, streaming).await???;
    Ok(db.close().await?)
}
