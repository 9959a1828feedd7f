//! Defects 8 to 20: the pool.

use std::pin::pin;
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use futures_util::{FutureExt, StreamExt};
use kstdb_core::{DatabaseError, PoolStats};

use crate::support::{Files, LIMIT, TestResult, child, is_child, poll_times, refusal, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn defect_08_thirty_first_calls_open_no_more_than_the_maximum() -> TestResult {
    let files = Files::new()?;
    let db = files.builder().max_connections(2).build();
    let calls: Vec<_> = (0..30)
        .map(|n: i64| {
            let db = db.clone();
            tokio::spawn(async move { db.fetch_value::<i64>("SELECT ?", (n,)).await })
        })
        .collect();
    for (n, call) in (0..).zip(calls) {
        assert_eq!(call.await??, n);
    }
    assert!(db.pool_size() <= 2);
    assert!(db.stats().total_connections <= 2);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn defect_09_connecting_again_opens_nothing_more() -> TestResult {
    let files = Files::new()?;
    let builder = files.builder().min_connections(2).max_connections(2);
    let db = builder.connect().await?;
    db.connect().await?;
    db.fetch_value::<i64>("SELECT 1", ()).await?;
    db.connect().await?;
    assert_eq!(db.pool_size(), 2);
    assert_eq!(db.stats().total_connections, 2);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn defect_10_the_pool_grows_without_waiting() -> TestResult {
    let files = Files::new()?;
    let timeout = Duration::from_secs(300);
    let builder = files.builder().min_connections(0).max_connections(5);
    let db = builder.acquire_timeout(timeout).connect().await?;
    let start = Instant::now();
    let mut held = Vec::new();
    for _ in 0..5 {
        held.push(db.connection().await?);
    }
    assert!(start.elapsed() < timeout / 10);
    assert_eq!(db.stats().total_timeouts, 0);
    drop(held);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn defect_11_replaced_connections_cost_no_attempt() -> TestResult {
    let files = Files::new()?;
    let builder = files.builder().min_connections(3).max_connections(3);
    let db = builder.max_attempts(1).connect().await?;
    for _ in 0..2 {
        let mut held = Vec::new();
        for _ in 0..3 {
            let mut connection = db.connection().await?;
            connection.execute("PRAGMA cache_size = 10", ()).await?;
            held.push(connection);
        }
    }
    assert_eq!(db.fetch_value::<i64>("SELECT 1", ()).await?, 1);
    assert_eq!(db.stats().total_errors, 6);
    db.close().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn defect_12_cancelled_uses_lose_no_connection() -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(2).await?;
    db.execute("CREATE TABLE t (n)", ()).await?;
    for round in 0..120 {
        let used = async {
            let mut connection = db.connection().await?;
            connection.execute("INSERT INTO t VALUES (1)", ()).await?;
            let count: i64 = connection.fetch_value("SELECT count(*) FROM t", ()).await?;
            Ok::<_, DatabaseError>(count)
        };
        poll_times(round % 6, used).await.transpose()?;
    }
    until("all are back", || db.stats().active_connections == 0).await?;
    let both = [db.connection().await?, db.connection().await?];
    assert_eq!(db.pool_size(), 2);
    drop(both);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn defect_13_waiters_are_refused_when_the_pool_closes() -> TestResult {
    let files = Files::new()?;
    let db = files.builder().max_connections(1).connect().await?;
    let held = db.connection().await?;
    let mut waiter = pin!(db.connection());
    let mut nobody = Context::from_waker(Waker::noop());
    assert!(waiter.as_mut().poll(&mut nobody).is_pending());
    let closing = tokio::spawn({
        let db = db.clone();
        async move { db.close().await }
    });
    let answer = tokio::time::timeout(LIMIT / 2, waiter).await?;
    assert!(refusal(answer)?.is_closed());
    assert!(!closing.is_finished());
    drop(held);
    closing.await??;
    assert_eq!(db.pool_size(), 0);
    Ok(())
}

#[tokio::test]
async fn defect_14_a_connection_comes_back_once() -> TestResult {
    let files = Files::new()?;
    let db = files.builder().max_connections(2).connect().await?;
    let pool = db.pool().await?;
    // It is given back by value: a second time does not compile.
    pool.release(pool.acquire().await?).await;
    drop(pool.acquire().await?);
    let stats = pool.stats();
    assert_eq!((stats.active_connections, stats.idle_connections), (0, 1));
    let mut first = pool.acquire().await?;
    let mut second = pool.acquire().await?;
    assert_eq!(pool.size(), 2);
    // Two connections, not one twice: the one's transaction is not the other's.
    first.execute("CREATE TABLE t (n)", ()).await?;
    let mut open = first.begin().await?;
    open.execute("INSERT INTO t VALUES (1)", ()).await?;
    let seen: i64 = second.fetch_value("SELECT count(*) FROM t", ()).await?;
    assert_eq!(seen, 0);
    open.rollback().await?;
    drop((first, second));
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn defect_15_nothing_of_one_user_reaches_the_next() -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(1).await?;
    db.execute("CREATE TABLE t (n)", ()).await?;
    let failed: TestResult = async {
        let mut connection = db.connection().await?;
        connection.execute("PRAGMA foreign_keys = OFF", ()).await?;
        connection.execute("BEGIN", ()).await?;
        connection.execute("INSERT INTO t VALUES (1)", ()).await?;
        Err("the application failed".into())
    }
    .await;
    assert!(failed.is_err());
    let enforced: i64 = db.fetch_value("PRAGMA foreign_keys", ()).await?;
    let rows: i64 = db.fetch_value("SELECT count(*) FROM t", ()).await?;
    assert_eq!((enforced, rows), (1, 0));
    db.begin().await?.commit().await?;
    db.close().await?;
    Ok(())
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn defect_16_close_closes_every_file() -> TestResult {
    let files = Files::new()?;
    let db = files.builder().min_connections(3).connect().await?;
    db.execute("CREATE TABLE t AS SELECT 1 AS n UNION ALL SELECT 2", ())
        .await?;
    let mut transaction = db.begin().await?;
    transaction.execute("DELETE FROM t", ()).await?;
    let mut stream = db.fetch::<(i64,)>("SELECT n FROM t", ());
    assert_eq!(stream.next().await.transpose()?, Some((1,)));
    assert!(!files.open_descriptors()?.is_empty());
    drop(transaction);
    drop(stream);
    db.close().await?;
    assert!(files.open_descriptors()?.is_empty());
    // The last one emptied the WAL and took it away.
    assert!(!files.path("app.db-wal").exists());
    Ok(())
}

#[tokio::test]
async fn defect_17_close_refuses_newcomers_and_waits_for_those_at_work() -> TestResult {
    let files = Files::new()?;
    let db = files.open().await?;
    db.execute("CREATE TABLE t (n)", ()).await?;
    let mut transaction = db.begin().await?;
    transaction.execute("INSERT INTO t VALUES (1)", ()).await?;
    let mut closing = pin!(db.close());
    assert!(closing.as_mut().now_or_never().is_none());
    // A newcomer does not wait with `close` for the others: it is refused at once.
    let newcomer = db.fetch_value::<i64>("SELECT 1", ());
    let newcomer = tokio::time::timeout(LIMIT / 2, newcomer).await?;
    assert!(refusal(newcomer)?.is_closed());
    transaction.execute("INSERT INTO t VALUES (2)", ()).await?;
    transaction.commit().await?;
    closing.await?;
    let db = files.open().await?;
    let sum: i64 = db.fetch_value("SELECT sum(n) FROM t", ()).await?;
    assert_eq!(sum, 3);
    db.close().await?;
    Ok(())
}

#[test]
fn defect_18_a_process_ends_without_close() -> TestResult {
    for name in [
        "defects::pool::left_open_with_a_transaction",
        "defects::pool::left_after_errors",
    ] {
        let (ended, end) = std::sync::mpsc::channel();
        let mut command = child(name)?;
        std::thread::spawn(move || ended.send(command.output()));
        let output = end.recv_timeout(LIMIT)??;
        let stdout = String::from_utf8_lossy(&output.stdout);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{stdout}{stderr}");
        assert!(stdout.contains("1 passed"), "{stdout}");
        assert!(!stderr.contains("panicked"), "{stderr}");
    }
    Ok(())
}

#[test]
fn left_open_with_a_transaction() -> TestResult {
    if !is_child("defects::pool::left_open_with_a_transaction") {
        return Ok(());
    }
    let files = Files::new()?;
    let runtime = tokio::runtime::Runtime::new()?;
    let open = runtime.block_on(async {
        let db = files.open().await?;
        db.execute("CREATE TABLE t (n)", ()).await?;
        let mut transaction = db.begin().await?;
        transaction.execute("INSERT INTO t VALUES (1)", ()).await?;
        Ok::<_, DatabaseError>((db, transaction))
    })?;
    drop(runtime);
    // Outside of any runtime: neither a panic nor a thread that keeps the process.
    drop(open);
    Ok(())
}

#[tokio::test]
async fn left_after_errors() -> TestResult {
    if !is_child("defects::pool::left_after_errors") {
        return Ok(());
    }
    let files = Files::new()?;
    files.open().await?;
    let hook = files
        .builder()
        .on_connect(|_| Box::pin(async { Err("no".into()) }));
    refusal(hook.connect().await)?;
    #[cfg(feature = "sqlcipher")]
    {
        let no_key = kstdb_core::AsyncDatabase::builder(files.db());
        let no_key = no_key.config(kstdb_core::DbConfig::default());
        refusal(no_key.connect().await)?;
    }
    Ok(())
}

#[tokio::test]
async fn defect_19_the_counters_stay_after_close() -> TestResult {
    let files = Files::new()?;
    let db = files.builder().build();
    assert_eq!(db.stats(), PoolStats::default());
    db.execute("CREATE TABLE t (n)", ()).await?;
    let _: i64 = db.fetch_value("SELECT count(*) FROM t", ()).await?;
    db.close().await?;
    let stats = db.stats();
    assert_eq!(stats.total_connections, 1);
    assert!(stats.total_acquired >= 3);
    assert_eq!(stats.total_released, stats.total_acquired);
    assert_eq!((stats.active_connections, stats.idle_connections), (0, 0));
    assert_eq!(db.pool_size(), 0);
    Ok(())
}

#[tokio::test]
async fn defect_20_a_call_takes_a_connection_once_and_asks_nothing_first() -> TestResult {
    let files = Files::new()?;
    let db = files.open().await?;
    let before = db.stats().total_acquired;
    for n in 0..100_i64 {
        let _: i64 = db.fetch_value("SELECT ?", (n,)).await?;
    }
    assert_eq!(db.stats().total_acquired - before, 100);
    assert_eq!(db.stats().total_connections, 1);
    db.close().await?;
    Ok(())
}
