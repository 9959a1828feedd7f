//! Defects 21 to 30: transactions and queries.

use std::time::Duration;

use kstdb_core::error::SqliteErrorKind;
use kstdb_core::{AsyncDatabase, DatabaseError, DbConfig};

use crate::support::{ENDLESS, Files, TestResult, builder, refusal, until};

#[tokio::test(flavor = "multi_thread")]
async fn defect_21_a_cancelled_transaction_is_rolled_back() -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(2).await?;
    db.execute("CREATE TABLE t (n)", ()).await?;
    let cancelled = tokio::spawn({
        let db = db.clone();
        async move {
            db.transaction(async |tx| {
                tx.execute("INSERT INTO t VALUES (1)", ()).await?;
                tx.fetch_value::<i64>(ENDLESS, ()).await
            })
            .await
        }
    });
    until("it is at work", || db.stats().active_connections == 1).await?;
    cancelled.abort();
    assert!(cancelled.await.is_err_and(|error| error.is_cancelled()));
    for n in 2..6 {
        db.execute("INSERT INTO t VALUES (?)", (n,)).await?;
    }
    db.begin().await?.rollback().await?;
    db.close().await?;
    let db = files.open().await?;
    let stored: Vec<(i64,)> = db.fetch_all("SELECT n FROM t ORDER BY n", ()).await?;
    assert_eq!(stored, [(2,), (3,), (4,), (5,)]);
    db.close().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn defect_22_transactions_that_read_first_never_fail() -> TestResult {
    let files = Files::new()?;
    let db = files.builder().max_connections(8).connect().await?;
    db.execute("CREATE TABLE t (n)", ()).await?;
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let db = db.clone();
            tokio::spawn(async move {
                for _ in 0..10 {
                    db.transaction(async |tx| {
                        let n: i64 = tx.fetch_value("SELECT count(*) FROM t", ()).await?;
                        tx.execute("INSERT INTO t VALUES (?)", (n,)).await
                    })
                    .await?;
                }
                Ok::<_, DatabaseError>(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    // Each of them saw all that were before it: no update was lost.
    let distinct: i64 = db
        .fetch_value("SELECT count(DISTINCT n) FROM t", ())
        .await?;
    assert_eq!(distinct, 160);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn defect_23_a_writer_waits_for_its_turn_and_not_for_the_busy_timeout() -> TestResult {
    let files = Files::new()?;
    let builder = files.builder().busy_timeout(Duration::ZERO);
    let db = builder.connect().await?;
    db.execute("CREATE TABLE t (n)", ()).await?;
    let mut transaction = db.begin().await?;
    transaction.execute("INSERT INTO t VALUES (1)", ()).await?;
    let before = db.stats().total_acquired;
    let writer = tokio::spawn({
        let db = db.clone();
        async move { db.execute("INSERT INTO t VALUES (2)", ()).await }
    });
    until("the writer asked", || db.stats().total_acquired > before).await?;
    transaction.commit().await?;
    writer.await??;
    let sum: i64 = db.fetch_value("SELECT sum(n) FROM t", ()).await?;
    assert_eq!(sum, 3);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn defect_24_execute_leaves_no_open_statement_behind() -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(2).await?;
    db.execute("CREATE TABLE t AS SELECT 1 AS n UNION ALL SELECT 2", ())
        .await?;
    // A statement that returns rows is stepped to its end, although nobody reads them.
    db.execute("SELECT * FROM t", ()).await?;
    let _: Option<(i64,)> = db.fetch_optional("SELECT * FROM t", ()).await?;
    let checkpoint: (i64, i64, i64) = db.fetch_one("PRAGMA wal_checkpoint(TRUNCATE)", ()).await?;
    assert_eq!(checkpoint, (0, 0, 0));
    db.execute("DROP TABLE t", ()).await?;
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn defect_25_execute_many_stores_all_rows_or_none() -> TestResult {
    let files = Files::new()?;
    let db = files.open().await?;
    db.execute("CREATE TABLE t (n INTEGER PRIMARY KEY)", ())
        .await?;
    let insert = "INSERT INTO t VALUES (?)";
    let twice = [1, 2, 1, 3].map(|n| (n,));
    let error = refusal(db.execute_many(insert, twice).await)?;
    assert!(error.is_unique_violation());
    let rows: i64 = db.fetch_value("SELECT count(*) FROM t", ()).await?;
    assert_eq!(rows, 0);
    // One commit for all: an onlooker never sees a part of them.
    let mut onlooker = db.connection().await?;
    let _: i64 = onlooker.fetch_value("PRAGMA data_version", ()).await?;
    let stored = db.execute_many(insert, (0..1_000).map(|n| (n,))).await?;
    assert_eq!(stored.rows_affected, 1_000);
    let rows: i64 = onlooker.fetch_value("SELECT count(*) FROM t", ()).await?;
    assert_eq!(rows, 1_000);
    drop(onlooker);
    db.close().await?;
    Ok(())
}

/// An error of an application.
#[derive(Debug)]
enum Shop {
    SoldOut,
    Database(DatabaseError),
}

impl From<DatabaseError> for Shop {
    fn from(error: DatabaseError) -> Self {
        Self::Database(error)
    }
}

#[tokio::test]
async fn defect_26_the_closures_own_error_comes_back() -> TestResult {
    let files = Files::new()?;
    let db = files.open().await?;
    db.execute("CREATE TABLE t (n UNIQUE)", ()).await?;
    let sold_out: Result<(), Shop> = db
        .transaction(async |tx| {
            tx.execute("INSERT INTO t VALUES (1)", ()).await?;
            Err(Shop::SoldOut)
        })
        .await;
    assert!(matches!(sold_out, Err(Shop::SoldOut)));
    let twice: Result<(), Shop> = db
        .transaction(async |tx| {
            tx.execute("INSERT INTO t VALUES (1)", ()).await?;
            tx.execute("INSERT INTO t VALUES (1)", ()).await?;
            Ok(())
        })
        .await;
    assert!(matches!(twice, Err(Shop::Database(error)) if error.is_unique_violation()));
    let rows: i64 = db.fetch_value("SELECT count(*) FROM t", ()).await?;
    assert_eq!(rows, 0);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn defect_27_nested_transactions_are_savepoints_of_one_connection() -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(1).await?;
    db.execute("CREATE TABLE t (n)", ()).await?;
    let mut outer = db.begin().await?;
    outer.execute("INSERT INTO t VALUES (1)", ()).await?;
    let mut inner = outer.begin().await?;
    inner.execute("INSERT INTO t VALUES (2)", ()).await?;
    // Nothing in it can commit the transaction around it by accident.
    let error = refusal(inner.execute("COMMIT", ()).await)?;
    assert!(matches!(error, DatabaseError::Transaction(_)));
    inner.commit().await?;
    outer.rollback().await?;
    let rows: i64 = db.fetch_value("SELECT count(*) FROM t", ()).await?;
    assert_eq!(rows, 0);
    db.close().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn defect_28_a_dropped_call_stops_its_statement() -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(1).await?;
    let endless = db.fetch_value::<i64>(ENDLESS, ());
    let cut_off = tokio::time::timeout(Duration::from_millis(50), endless).await;
    assert!(cut_off.is_err());
    // The only connection is free again within the shortest acquire timeout.
    let one: i64 = db.fetch_value("SELECT 1", ()).await?;
    assert_eq!((one, db.stats().total_timeouts), (1, 0));
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn defect_29_errors_are_the_same_with_and_without_a_key() -> TestResult {
    let files = Files::new()?;
    let plain = AsyncDatabase::builder(files.path("plain.db")).config(DbConfig::default());
    for builder in [builder(files.db()), plain] {
        let db = builder.connect().await?;
        db.execute("CREATE TABLE p (id INTEGER PRIMARY KEY)", ())
            .await?;
        db.execute(
            "CREATE TABLE c (p REFERENCES p DEFERRABLE INITIALLY DEFERRED, n CHECK (n > 0))",
            (),
        )
        .await?;
        db.execute("INSERT INTO p VALUES (1)", ()).await?;
        for (sql, kind) in [
            ("INSERT INTO p VALUES (1)", SqliteErrorKind::UniqueViolation),
            (
                "INSERT INTO c VALUES (1, 0)",
                SqliteErrorKind::CheckViolation,
            ),
            (
                "INSERT INTO c VALUES (9, 1)",
                SqliteErrorKind::ForeignKeyViolation,
            ),
            ("INSERT INTO nowhere VALUES (1)", SqliteErrorKind::Other),
        ] {
            let error = refusal(db.execute(sql, ()).await)?;
            assert!(matches!(error, DatabaseError::Statement(_)), "{error:?}");
            let found = error.sqlite().map(|error| error.kind());
            assert_eq!(found, Some(kind), "{sql}");
        }
        db.close().await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn defect_30_memory_is_one_database_for_all_tasks() -> TestResult {
    let db = builder(":memory:").max_connections(10).connect().await?;
    db.execute("CREATE TABLE t (n)", ()).await?;
    let tasks: Vec<_> = (0..16)
        .map(|n| {
            let db = db.clone();
            tokio::spawn(async move { db.execute("INSERT INTO t VALUES (?)", (n,)).await })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    let rows: i64 = db.fetch_value("SELECT count(*) FROM t", ()).await?;
    assert_eq!(rows, 16);
    db.close().await?;
    Ok(())
}
