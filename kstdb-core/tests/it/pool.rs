//! The pool: what it opens, counts, tries again and replaces.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use kstdb_core::{DatabaseConnectionError, DatabaseError, sqlx};

use crate::support::{Busy, Files, LIMIT, Logs, TestResult, in_a_child, is_child, refusal};

#[tokio::test]
async fn the_pool_opens_its_minimum_and_then_as_needed() -> TestResult {
    let files = Files::new()?;
    let builder = files.builder().min_connections(2).max_connections(4);
    let pool = builder.connect_pool().await?;
    assert_eq!((pool.size(), pool.stats().idle_connections), (2, 2));
    let mut held = Vec::new();
    for expected in [2, 2, 3, 4] {
        held.push(pool.acquire().await?);
        assert_eq!(pool.size(), expected);
    }
    assert_eq!(pool.stats().active_connections, 4);
    drop(held);
    assert_eq!((pool.size(), pool.stats().idle_connections), (4, 4));
    pool.close().await?;
    assert_eq!(pool.size(), 0);
    Ok(())
}

#[tokio::test]
async fn a_pool_without_a_minimum_opens_nothing_at_first() -> TestResult {
    let files = Files::new()?;
    let pool = files.builder().min_connections(0).connect_pool().await?;
    assert_eq!((pool.size(), pool.stats().total_connections), (0, 0));
    let mut connection = pool.connection().await?;
    let one: i64 = connection.fetch_value("SELECT 1", ()).await?;
    assert_eq!(one, 1);
    pool.release(connection).await;
    assert_eq!((pool.size(), pool.stats().total_released), (1, 1));
    pool.close().await?;
    Ok(())
}

#[tokio::test]
async fn an_exhausted_pool_says_so_after_the_acquire_timeout() -> TestResult {
    let files = Files::new()?;
    let pool = files.builder().max_connections(1).connect_pool().await?;
    let held = pool.acquire().await?;
    tokio::time::pause();
    let start = tokio::time::Instant::now();
    let DatabaseError::PoolExhausted(error) = refusal(pool.acquire().await)? else {
        return Err("another error".into());
    };
    assert_eq!(start.elapsed().as_secs(), 30);
    assert_eq!((error.max_connections, error.waited.as_secs()), (1, 30));
    tokio::time::resume();
    assert_eq!(pool.stats().total_timeouts, 1);
    drop(held);
    drop(pool.acquire().await?);
    pool.close().await?;
    Ok(())
}

#[tokio::test]
async fn the_hook_runs_once_for_each_connection_and_its_settings_stay() -> TestResult {
    let files = Files::new()?;
    let runs = Arc::new(AtomicUsize::new(0));
    let builder = files.builder().max_connections(2).on_connect({
        let runs = Arc::clone(&runs);
        move |connection| {
            runs.fetch_add(1, Ordering::Relaxed);
            Box::pin(async move {
                sqlx::query("PRAGMA cache_size = 123")
                    .execute(connection)
                    .await?;
                Ok(())
            })
        }
    });
    let db = builder.connect().await?;
    for _ in 0..5 {
        let size: i64 = db.fetch_value("PRAGMA cache_size", ()).await?;
        assert_eq!(size, 123);
    }
    assert_eq!(runs.load(Ordering::Relaxed), 1);
    let both = [db.connection().await?, db.connection().await?];
    assert_eq!(runs.load(Ordering::Relaxed), 2);
    drop(both);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn the_error_of_the_hook_comes_back_at_once() -> TestResult {
    let files = Files::new()?;
    let runs = Arc::new(AtomicUsize::new(0));
    let builder = files.builder().on_connect({
        let runs = Arc::clone(&runs);
        move |_| {
            runs.fetch_add(1, Ordering::Relaxed);
            Box::pin(async { Err("the hook's own words".into()) })
        }
    });
    let error = refusal(builder.connect().await)?;
    assert!(crate::support::chain(&error).ends_with("the hook's own words"));
    assert_eq!(runs.load(Ordering::Relaxed), 1);
    Ok(())
}

#[tokio::test]
async fn what_can_pass_is_tried_again_and_then_named() -> TestResult {
    let name = "pool::what_can_pass_is_tried_again_and_then_named";
    if !is_child(name) {
        return in_a_child(name);
    }
    let files = Files::new()?;
    std::fs::create_dir(files.path("here"))?;
    let path = files.path("here").join("app.db");
    let delay = Duration::from_millis(100);
    let builder = crate::support::builder(&path).min_connections(0);
    let builder = builder.max_attempts(3).retry_delay(delay);
    let db = builder.connect().await?;
    std::fs::rename(files.path("here"), files.path("gone"))?;
    let logs = Logs::capture();
    let start = std::time::Instant::now();
    let error = refusal(db.execute("CREATE TABLE t (n)", ()).await)?;
    assert!(start.elapsed() >= delay * 2);
    let told = logs.text();
    assert_eq!(told.matches("trying again").count(), 2, "{told}");
    drop(logs);
    let open = matches!(
        &error,
        DatabaseError::Connection(DatabaseConnectionError::Open { attempts: 3, .. })
    );
    assert!(open, "{error:?}");
    assert_eq!(db.stats().total_errors, 1);
    // It passed.
    std::fs::rename(files.path("gone"), files.path("here"))?;
    db.execute("CREATE TABLE t (n)", ()).await?;
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_lock_of_another_process_is_one_of_the_things_that_pass() -> TestResult {
    let name = "pool::a_lock_of_another_process_is_one_of_the_things_that_pass";
    if !is_child(name) {
        return in_a_child(name);
    }
    use kstdb_core::cipher::rusqlite;

    let files = Files::new()?;
    let other = rusqlite::Connection::open(files.db())?;
    other.execute_batch("CREATE TABLE t (n); BEGIN EXCLUSIVE")?;
    let config = kstdb_core::DbConfig::default();
    let builder = kstdb_core::AsyncDatabase::builder(files.db()).config(config);
    let builder = builder.busy_timeout(Duration::ZERO).max_attempts(2);
    let db = builder.retry_delay(Duration::ZERO).build();
    let logs = Logs::capture();
    let error = refusal(db.connect().await)?;
    assert!(error.is_busy() && error.is_retryable(), "{error:?}");
    assert_eq!(logs.text().matches("trying again").count(), 1);
    drop(logs);
    other.execute_batch("ROLLBACK")?;
    db.connect().await?;
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn connections_are_set_up_to_be_safe() -> TestResult {
    let files = Files::new()?;
    let db = files.open().await?;
    let mut settings = Vec::new();
    for sql in [
        "PRAGMA foreign_keys",
        "PRAGMA synchronous",
        "PRAGMA busy_timeout",
        "PRAGMA auto_vacuum",
        "PRAGMA trusted_schema",
        "PRAGMA cache_size",
    ] {
        let value: i64 = db.fetch_value(sql, ()).await?;
        settings.push(value);
    }
    assert_eq!(settings, [1, 2, 5_000, 0, 0, -8_192]);
    let mode: String = db.fetch_value("PRAGMA journal_mode", ()).await?;
    assert_eq!(mode, "wal");
    db.close().await?;

    let db = files.builder().foreign_keys(false);
    let db = db.synchronous(kstdb_core::Synchronous::Normal);
    let db = db.cache_size_bytes(1 << 20);
    let db = db.connect().await?;
    let enforced: i64 = db.fetch_value("PRAGMA foreign_keys", ()).await?;
    let synchronous: i64 = db.fetch_value("PRAGMA synchronous", ()).await?;
    let cache: i64 = db.fetch_value("PRAGMA cache_size", ()).await?;
    assert_eq!((enforced, synchronous, cache), (0, 1, -1_024));
    db.close().await?;

    let db = files.builder().cache_size_bytes(u64::MAX).connect().await?;
    let cache: i64 = db.fetch_value("PRAGMA cache_size", ()).await?;
    assert_eq!(cache, -0x7fff_ffff);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_connection_that_never_opens_is_waited_for_no_longer_than_the_limit() -> TestResult {
    let files = Files::new()?;
    let builder = files.builder().min_connections(0);
    let hangs = builder.on_connect(|_| Box::pin(std::future::pending()));
    let db = hangs
        .acquire_timeout(Duration::from_secs(1))
        .connect()
        .await?;
    let refused = tokio::time::timeout(LIMIT, db.execute("CREATE TABLE t (n)", ()));
    let error = refusal(refused.await?)?;
    assert!(
        matches!(error, DatabaseError::PoolExhausted(_)),
        "{error:?}"
    );
    let stats = db.stats();
    assert_eq!((stats.active_connections, stats.total_timeouts), (0, 1));
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn statistics_are_refreshed_with_the_writer_turn() -> TestResult {
    let files = Files::new()?;
    let db = files.builder().busy_timeout(Duration::ZERO);
    let db = db.connect().await?;
    db.execute_batch("CREATE TABLE t (a, b); CREATE INDEX i ON t (a)")
        .await?;
    db.execute_many("INSERT INTO t VALUES (?, ?)", (0..500).map(|n| (n, n)))
        .await?;
    let busy = Busy::start(&db).await?;
    let optimizing = tokio::spawn({
        let db = db.clone();
        async move { db.execute("PRAGMA optimize(0x10002)", ()).await }
    });
    tokio::task::yield_now().await;
    busy.end().await?;
    optimizing.await??;
    assert!(db.table_exists("sqlite_stat1").await?);
    db.close().await?;
    Ok(())
}
