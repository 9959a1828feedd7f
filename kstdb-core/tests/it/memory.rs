//! `:memory:` is one database, however many tasks and connections use it.

use kstdb_core::{AsyncDatabase, DatabaseError, DbConfig};

use crate::support::{TestResult, builder};

/// With a key, where the library takes one, and without.
async fn databases() -> Result<[AsyncDatabase; 2], DatabaseError> {
    let bare = AsyncDatabase::builder(":memory:").config(DbConfig::default());
    Ok([builder(":memory:").connect().await?, bare.connect().await?])
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_share_one_database() -> TestResult {
    for db in databases().await? {
        db.execute("CREATE TABLE t (n)", ()).await?;
        let tasks: Vec<_> = (0..8)
            .map(|n| {
                let db = db.clone();
                tokio::spawn(async move {
                    db.execute("INSERT INTO t VALUES (?)", (n,)).await?;
                    db.fetch_value::<i64>("SELECT count(*) FROM t", ()).await
                })
            })
            .collect();
        for task in tasks {
            assert!((1..=8).contains(&task.await??));
        }
        let rows: i64 = db.fetch_value("SELECT count(*) FROM t", ()).await?;
        assert_eq!((rows, db.pool_size()), (8, 1));
        db.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_data_outlives_a_connection_that_is_replaced() -> TestResult {
    for db in databases().await? {
        db.execute("CREATE TABLE t AS SELECT 42 AS n", ()).await?;
        db.execute("PRAGMA foreign_keys = OFF", ()).await?;
        db.execute("CREATE TEMP TABLE scratch (n)", ()).await?;
        let n: i64 = db.fetch_value("SELECT n FROM t", ()).await?;
        assert_eq!(n, 42);
        assert!(db.stats().total_connections > 1);
        db.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn two_databases_in_memory_are_two() -> TestResult {
    let [one, other] = databases().await?;
    one.execute("CREATE TABLE t (n)", ()).await?;
    assert!(!other.table_exists("t").await?);
    one.close().await?;
    other.close().await?;
    Ok(())
}

#[tokio::test]
async fn transactions_work_in_memory() -> TestResult {
    for db in databases().await? {
        db.execute("CREATE TABLE t (n)", ()).await?;
        let mut transaction = db.begin().await?;
        transaction.execute("INSERT INTO t VALUES (1)", ()).await?;
        drop(transaction);
        let rows: i64 = db.fetch_value("SELECT count(*) FROM t", ()).await?;
        assert_eq!(rows, 0);
        db.close().await?;
    }
    Ok(())
}
