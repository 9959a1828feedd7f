//! Statements that would run for ever stop when nobody waits for them.

use std::time::Duration;

use futures_util::StreamExt;
use kstdb_core::{DatabaseError, TransactionError, sqlx};

use crate::support::{COUNT, ENDLESS, Files, TestResult, refusal};

/// Long enough for a statement to begin, short for a test.
const SOON: Duration = Duration::from_millis(50);

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_write_stops_and_stores_nothing() -> TestResult {
    const ENDLESS_WRITE: &str = "INSERT INTO t WITH RECURSIVE n(i) AS \
        (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) SELECT i FROM n";
    let files = Files::new()?;
    let db = files.open_with(1).await?;
    db.execute("CREATE TABLE t (n)", ()).await?;
    let endless = db.execute(ENDLESS_WRITE, ());
    assert!(tokio::time::timeout(SOON, endless).await.is_err());
    let rows: i64 = db.fetch_value("SELECT count(*) FROM t", ()).await?;
    assert_eq!(rows, 0);
    db.close().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_stream_stops_when_it_is_dropped() -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(1).await?;
    let mut rows = db.fetch::<(i64,)>(COUNT, (1_000_000_000,));
    assert_eq!(rows.next().await.transpose()?, Some((1,)));
    drop(rows);
    let one: i64 = db.fetch_value("SELECT 1", ()).await?;
    assert_eq!(one, 1);
    db.close().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_statement_of_sqlx_stops() -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(1).await?;
    let endless = sqlx::query(ENDLESS).fetch_one(&db);
    assert!(tokio::time::timeout(SOON, endless).await.is_err());
    let one: i64 = db.fetch_value("SELECT 1", ()).await?;
    assert_eq!(one, 1);
    db.close().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_goes_on_after_a_read_that_was_dropped() -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(1).await?;
    db.execute("CREATE TABLE t (n)", ()).await?;
    let mut transaction = db.begin().await?;
    transaction.execute("INSERT INTO t VALUES (1)", ()).await?;
    let endless = transaction.fetch_value::<i64>(ENDLESS, ());
    assert!(tokio::time::timeout(SOON, endless).await.is_err());
    transaction.execute("INSERT INTO t VALUES (2)", ()).await?;
    transaction.commit().await?;
    let sum: i64 = db.fetch_value("SELECT sum(n) FROM t", ()).await?;
    assert_eq!(sum, 3);
    db.close().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_is_over_after_a_write_that_was_dropped() -> TestResult {
    const ENDLESS_WRITE: &str = "UPDATE t SET n = (WITH RECURSIVE n(i) AS \
        (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) SELECT count(*) FROM n)";
    let files = Files::new()?;
    let db = files.open_with(1).await?;
    db.execute("CREATE TABLE t AS SELECT 1 AS n", ()).await?;
    let mut transaction = db.begin().await?;
    let endless = transaction.execute(ENDLESS_WRITE, ());
    assert!(tokio::time::timeout(SOON, endless).await.is_err());
    let error = refusal(transaction.execute("INSERT INTO t VALUES (2)", ()).await)?;
    let over = matches!(
        error,
        DatabaseError::Transaction(TransactionError::RolledBack)
    );
    assert!(over, "{error:?}");
    let error = refusal(transaction.commit().await)?;
    assert!(matches!(
        error,
        DatabaseError::Transaction(TransactionError::RolledBack)
    ));
    let rows: Vec<(i64,)> = db.fetch_all("SELECT n FROM t", ()).await?;
    assert_eq!(rows, [(1,)]);
    db.close().await?;
    Ok(())
}
