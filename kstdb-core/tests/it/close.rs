//! Closing: for good, in order, and without harm if it is forgotten.

use std::pin::pin;
use std::time::Duration;

use futures_util::FutureExt;
use kstdb_core::{DatabaseConnectionError, DatabaseError};
use tokio::sync::Notify;

use crate::support::{Files, LIMIT, TestResult, refusal, until};

#[tokio::test]
async fn closing_again_does_nothing_and_so_does_another_handle() -> TestResult {
    let files = Files::new()?;
    let db = files.open().await?;
    let clone = db.clone();
    let pool = db.pool().await?.clone();
    let (one, other) = tokio::join!(db.close(), clone.close());
    one?;
    other?;
    db.close().await?;
    pool.close().await?;
    assert!(pool.is_closed());
    assert!(refusal(clone.execute("SELECT 1", ()).await)?.is_closed());
    assert!(refusal(pool.acquire().await)?.is_closed());
    Ok(())
}

#[tokio::test]
async fn another_pool_on_the_same_file_goes_on() -> TestResult {
    let files = Files::new()?;
    let db = files.builder().busy_timeout(LIMIT).connect().await?;
    let other = files.open().await?;
    db.execute("CREATE TABLE t (n)", ()).await?;
    other.execute("INSERT INTO t VALUES (1)", ()).await?;
    let mut transaction = other.begin().await?;
    transaction.execute("INSERT INTO t VALUES (2)", ()).await?;
    // Its checkpoint waits for nobody, and leaves what the other needs.
    tokio::time::timeout(LIMIT / 2, db.close()).await??;
    transaction.commit().await?;
    let sum: i64 = other.fetch_value("SELECT sum(n) FROM t", ()).await?;
    assert_eq!(sum, 3);
    other.close().await?;
    Ok(())
}

#[tokio::test]
async fn what_is_still_in_use_after_the_timeout_is_told_and_closed_later() -> TestResult {
    let files = Files::new()?;
    let db = files.builder().max_connections(2).connect().await?;
    let mut held = db.connection().await?;
    let _: i64 = held.fetch_value("SELECT 1", ()).await?;
    tokio::time::pause();
    let error = refusal(db.close().await)?;
    tokio::time::resume();
    let told = matches!(
        error,
        DatabaseError::Connection(DatabaseConnectionError::StillInUse { active: 1, .. })
    );
    assert!(told, "{error:?}");
    // It works on, and is closed when it comes back.
    let one: i64 = held.fetch_value("SELECT 1", ()).await?;
    assert_eq!((one, db.pool_size()), (1, 1));
    drop(held);
    assert_eq!(db.pool_size(), 0);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn who_waits_for_a_connection_hears_at_once_that_the_pool_closes() -> TestResult {
    let files = Files::new()?;
    let db = files.builder().max_connections(1).connect().await?;
    let pool = db.pool().await?.clone();
    let held = pool.acquire().await?;
    let mut waiting = pin!(pool.acquire());
    assert!(waiting.as_mut().now_or_never().is_none());
    let mut closing = pin!(db.close());
    // The connection does not come back before the answer.
    let answer = tokio::select! {
        answer = waiting => answer,
        closed = &mut closing => return Err(format!("no answer: {closed:?}").into()),
    };
    assert!(refusal(answer)?.is_closed());
    drop(held);
    Ok(closing.await?)
}

#[tokio::test]
async fn closing_while_it_opens_leaves_nothing_open() -> TestResult {
    for polls in 0..20 {
        let files = Files::new()?;
        let db = files.builder().min_connections(2).build();
        let closing = async {
            for _ in 0..polls {
                tokio::task::yield_now().await;
            }
            db.close().await
        };
        let (_, closed) = tokio::join!(db.connect(), closing);
        closed?;
        let opened = tokio::time::timeout(LIMIT, db.connect()).await?;
        assert!(refusal(opened)?.is_closed());
        assert_eq!(db.pool_size(), 0);
    }
    Ok(())
}

#[tokio::test]
async fn close_does_not_wait_for_a_connection_that_is_never_opened() -> TestResult {
    let files = Files::new()?;
    let hook = std::sync::Arc::new(Notify::new());
    let builder = files.builder().min_connections(0).on_connect({
        let hook = std::sync::Arc::clone(&hook);
        move |_| {
            let hook = std::sync::Arc::clone(&hook);
            Box::pin(async move {
                hook.notify_one();
                std::future::pending().await
            })
        }
    });
    let timeout = Duration::from_secs(300);
    let db = builder.acquire_timeout(timeout).connect().await?;
    let opener = tokio::spawn({
        let db = db.clone();
        async move { db.connection().await }
    });
    hook.notified().await;
    let mut closing = pin!(db.close());
    assert!(closing.as_mut().now_or_never().is_none());
    opener.abort();
    assert!(opener.await.is_err_and(|error| error.is_cancelled()));
    tokio::time::timeout(LIMIT, closing).await??;
    Ok(())
}

#[test]
fn a_database_outlives_its_runtime_without_a_panic() -> TestResult {
    let files = Files::new()?;
    let first = tokio::runtime::Runtime::new()?;
    let (db, transaction) = first.block_on(async {
        let db = files.open_with(2).await?;
        db.execute("CREATE TABLE t (n)", ()).await?;
        let mut transaction = db.begin().await?;
        transaction.execute("INSERT INTO t VALUES (1)", ()).await?;
        Ok::<_, DatabaseError>((db, transaction))
    })?;
    drop(first);
    drop(transaction);
    let second = tokio::runtime::Runtime::new()?;
    second.block_on(async {
        // Another runtime serves it as well: only the threads were of the first.
        until("the transaction is over", || {
            db.stats().active_connections == 0
        })
        .await?;
        let rows: i64 = db.fetch_value("SELECT count(*) FROM t", ()).await?;
        assert_eq!(rows, 0);
        db.execute("INSERT INTO t VALUES (2)", ()).await?;
        db.close().await?;
        assert_eq!(db.pool_size(), 0);
        Ok(())
    })
}

#[tokio::test]
async fn dropping_the_last_handle_closes_the_files_before_it_returns() -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(3).await?;
    db.execute("CREATE TABLE t (n)", ()).await?;
    let path = db.path().to_owned();
    let wal = path.with_extension("db-wal");
    assert!(wal.exists());
    drop(db);
    // The last connection takes the log along when it is closed.
    assert!(!wal.exists());
    Ok(())
}

#[tokio::test]
async fn a_caller_who_leaves_when_its_turn_has_come_keeps_no_close_waiting() -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(1).await?;
    let held = db.connection().await?;
    let mut waiting = Box::pin(db.connection());
    assert!(waiting.as_mut().now_or_never().is_none());
    // The place in the pool is the waiting caller's now, who does not know yet.
    drop(held);
    let mut closing = Box::pin(db.close());
    assert!(closing.as_mut().now_or_never().is_none());
    drop(waiting);
    closing.await?;
    Ok(())
}
