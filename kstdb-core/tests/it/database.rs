//! `AsyncDatabase`: opens with the first call, tells what it is, keeps what it stored.

use std::path::Path;

use kstdb_core::PoolStats;

use crate::support::{Files, Logs, TestResult, in_a_child, is_child, refusal};

#[tokio::test]
async fn a_database_opens_with_the_first_call_or_when_told() -> TestResult {
    let files = Files::new()?;
    let lazy = files.builder().build();
    assert_eq!((lazy.pool_size(), lazy.stats()), (0, PoolStats::default()));
    assert!(!files.db().exists());
    lazy.execute("CREATE TABLE t (n)", ()).await?;
    assert_eq!(lazy.pool_size(), 1);
    lazy.close().await?;
    assert_eq!(lazy.pool_size(), 0);
    let eager = files.builder().min_connections(2).connect().await?;
    assert_eq!(eager.pool_size(), 2);
    eager.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_connect_that_failed_can_be_tried_again() -> TestResult {
    let files = Files::new()?;
    let db = crate::support::builder(files.path("here/app.db")).build();
    refusal(db.connect().await)?;
    std::fs::create_dir(files.path("here"))?;
    db.execute("CREATE TABLE t (n)", ()).await?;
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn what_is_stored_is_there_after_reopening() -> TestResult {
    let files = Files::new()?;
    let db = files.open().await?;
    db.execute("CREATE TABLE t AS SELECT 42 AS n", ()).await?;
    db.close().await?;
    let db = files.open().await?;
    let n: i64 = db.fetch_value("SELECT n FROM t", ()).await?;
    assert_eq!(n, 42);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_table_is_found_by_its_exact_name() -> TestResult {
    let files = Files::new()?;
    let db = files.open().await?;
    db.execute("CREATE TABLE users (n)", ()).await?;
    db.execute("CREATE VIEW seen AS SELECT 1", ()).await?;
    assert!(db.table_exists("users").await?);
    for other in ["Users", "seen", "main.users", "", "it's"] {
        assert!(!db.table_exists(other).await?, "{other}");
    }
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn two_connections_of_one_task_are_two() -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(2).await?;
    let mut one = db.connection().await?;
    let mut other = db.connection().await?;
    one.execute("CREATE TEMP TABLE mine (n)", ()).await?;
    let seen: i64 = other
        .fetch_value("SELECT count(*) FROM temp.sqlite_schema", ())
        .await?;
    assert_eq!((seen, db.pool_size()), (0, 2));
    drop((one, other));
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_database_tells_its_path_and_whether_it_is_encrypted() -> TestResult {
    let files = Files::new()?;
    let config = kstdb_core::DbConfig::default();
    let plain = kstdb_core::AsyncDatabase::builder("some/app.db").config(config);
    let plain = plain.build();
    assert_eq!(plain.path(), Path::new("some/app.db"));
    assert!(!plain.is_encrypted());
    #[cfg(feature = "sqlcipher")]
    {
        let db = files.builder().build();
        assert!(db.is_encrypted());
        db.connect().await?;
        assert!(db.is_encrypted());
        db.close().await?;
        assert!(db.is_encrypted());
    }
    drop(files);
    Ok(())
}

#[tokio::test]
async fn opening_and_closing_are_logged_with_the_path() -> TestResult {
    let name = "database::opening_and_closing_are_logged_with_the_path";
    if !is_child(name) {
        return in_a_child(name);
    }
    let files = Files::new()?;
    let logs = Logs::capture();
    let db = files.open().await?;
    db.close().await?;
    db.close().await?;
    let told = logs.text();
    assert_eq!(told.matches("database connected").count(), 1, "{told}");
    assert_eq!(told.matches("database closed").count(), 1, "{told}");
    assert!(told.contains("app.db"), "{told}");
    Ok(())
}
