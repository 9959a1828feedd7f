//! Opening and closing, dropped at every poll.

use std::time::Duration;

use kstdb_core::sqlx::{self, Connection as _, SqliteConnection};
use kstdb_core::{AsyncDatabase, DbConfig};

use crate::support::{Files, TestResult, in_a_child, is_child, poll_times, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_connect_can_be_called_again() -> TestResult {
    let files = Files::new()?;
    files.open().await?.close().await?;
    for round in 0..60 {
        let db = files.builder().min_connections(3).build();
        let connected = poll_times(round % 20, db.connect()).await;
        db.connect().await?;
        let one: i64 = db.fetch_value("SELECT 1", ()).await?;
        assert_eq!((one, db.pool_size()), (1, 3));
        assert_eq!(db.stats().active_connections, 0);
        db.close().await?;
        connected.transpose()?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_acquisition_that_opens_a_connection_loses_nothing() -> TestResult {
    let files = Files::new()?;
    for round in 0..60 {
        let db = files.open_with(1).await?;
        // The one connection is not clean: the next caller opens another.
        db.execute("PRAGMA cache_size = 10", ()).await?;
        poll_times(round % 12, db.connection()).await.transpose()?;
        let one: i64 = db.fetch_value("SELECT 1", ()).await?;
        assert_eq!((one, db.pool_size()), (1, 1));
        db.close().await?;
    }
    Ok(())
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_close_has_closed() -> TestResult {
    for polls in 0..15 {
        let files = Files::new()?;
        let db = files.builder().min_connections(3).connect().await?;
        db.execute("CREATE TABLE t (n)", ()).await?;
        if poll_times(polls, db.close()).await.is_none() && polls > 0 {
            assert!(db.pool().await.is_err_and(|error| error.is_closed()));
        }
        db.close().await?;
        let refused = db.execute("SELECT 1", ()).await;
        assert!(refused.is_err_and(|error| error.is_closed()));
        until("every file is closed", || {
            files.open_descriptors().is_ok_and(|open| open.is_empty())
        })
        .await?;
    }
    Ok(())
}

/// The settings of a new connection are made on a blocking thread. If the caller is gone by then the
/// connection must not be closed under that thread: sqlx would panic, or worse.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_not_closed_while_its_settings_are_made() -> TestResult {
    let name = "cancellation::opening::a_connection_is_not_closed_while_its_settings_are_made";
    if !is_child(name) {
        return in_a_child(name);
    }
    let files = Files::new()?;
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(files.db())
        .create_if_missing(true);
    let mut other = SqliteConnection::connect_with(&options).await?;
    sqlx::raw_sql("CREATE TABLE t (n); BEGIN EXCLUSIVE")
        .execute(&mut other)
        .await?;
    let db = AsyncDatabase::builder(files.db())
        .config(DbConfig::default())
        .busy_timeout(Duration::from_secs(2))
        .build();
    // Changing the journal mode waits for the lock of the other connection.
    let connecting = tokio::time::timeout(Duration::from_millis(500), db.connect()).await;
    assert!(connecting.is_err());
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await?;
    other.close().await?;
    db.connect().await?;
    assert!(db.table_exists("t").await?);
    db.close().await?;
    until("every file is closed", || {
        files.open_descriptors().is_ok_and(|open| open.is_empty())
    })
    .await?;
    Ok(())
}
