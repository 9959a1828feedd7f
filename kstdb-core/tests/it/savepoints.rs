//! Transactions inside transactions: each can be rolled back alone.

use kstdb_core::{AsyncDatabase, DatabaseError};

use crate::support::{Files, TestResult, refusal};

async fn open(files: &Files) -> Result<AsyncDatabase, DatabaseError> {
    let db = files.open_with(1).await?;
    db.execute("CREATE TABLE t (n UNIQUE)", ()).await?;
    Ok(db)
}

async fn stored(db: &AsyncDatabase) -> Result<Vec<i64>, DatabaseError> {
    let rows: Vec<(i64,)> = db.fetch_all("SELECT n FROM t ORDER BY n", ()).await?;
    Ok(rows.into_iter().map(|(n,)| n).collect())
}

#[tokio::test]
async fn each_level_is_rolled_back_alone() -> TestResult {
    let files = Files::new()?;
    let db = open(&files).await?;
    let mut outer = db.begin().await?;
    outer.execute("INSERT INTO t VALUES (1)", ()).await?;
    {
        let mut middle = outer.begin().await?;
        middle.execute("INSERT INTO t VALUES (2)", ()).await?;
        let mut inner = middle.begin().await?;
        inner.execute("INSERT INTO t VALUES (3)", ()).await?;
        inner.rollback().await?;
        let mut inner = middle.begin().await?;
        inner.execute("INSERT INTO t VALUES (4)", ()).await?;
        inner.commit().await?;
        middle.commit().await?;
    }
    {
        let mut dropped = outer.begin().await?;
        dropped.execute("INSERT INTO t VALUES (5)", ()).await?;
        let mut inner = dropped.begin().await?;
        inner.execute("INSERT INTO t VALUES (6)", ()).await?;
        inner.commit().await?;
    }
    outer.execute("INSERT INTO t VALUES (7)", ()).await?;
    outer.commit().await?;
    assert_eq!(stored(&db).await?, [1, 2, 4, 7]);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_batch_that_fails_takes_nothing_of_its_transaction_with_it() -> TestResult {
    let files = Files::new()?;
    let db = open(&files).await?;
    let mut transaction = db.begin().await?;
    transaction.execute("INSERT INTO t VALUES (1)", ()).await?;
    let twice = [2, 3, 2].map(|n| (n,));
    let batch = transaction.execute_many("INSERT INTO t VALUES (?)", twice);
    assert!(refusal(batch.await)?.is_unique_violation());
    transaction.execute("INSERT INTO t VALUES (4)", ()).await?;
    transaction.commit().await?;
    assert_eq!(stored(&db).await?, [1, 4]);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn the_outer_rollback_takes_committed_savepoints_with_it() -> TestResult {
    let files = Files::new()?;
    let db = open(&files).await?;
    let mut outer = db.begin().await?;
    let mut inner = outer.begin().await?;
    inner.execute("INSERT INTO t VALUES (1)", ()).await?;
    inner.commit().await?;
    drop(outer);
    assert!(stored(&db).await?.is_empty());
    db.close().await?;
    Ok(())
}
