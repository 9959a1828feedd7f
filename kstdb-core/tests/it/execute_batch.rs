//! A text of several statements is one unit: stored whole or not at all.

use kstdb_core::error::StatementError;
use kstdb_core::{AsyncDatabase, DatabaseError, DbConfig};

async fn database() -> Result<AsyncDatabase, DatabaseError> {
    let db = AsyncDatabase::builder(":memory:").config(DbConfig::default());
    let db = db.connect().await?;
    db.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)", ())
        .await?;
    Ok(db)
}

async fn count(db: &AsyncDatabase) -> Result<i64, DatabaseError> {
    db.fetch_value("SELECT count(*) FROM t", ()).await
}

#[tokio::test]
async fn statements_run_in_order_and_see_each_other() -> Result<(), DatabaseError> {
    let db = database().await?;
    let text = "-- a new table\nCREATE TABLE u (id INTEGER PRIMARY KEY);\n\
         INSERT INTO u VALUES (1), (2); ;\n\
         CREATE TRIGGER tr AFTER INSERT ON t BEGIN DELETE FROM u; SELECT ';'; END;\n\
         INSERT INTO t SELECT id + 5 FROM u -- the end has no semicolon";
    let done = db.execute_batch(text).await?;
    assert_eq!((done.rows_affected, done.last_insert_rowid), (4, 7));
    assert_eq!(count(&db).await?, 2);
    Ok(())
}

#[tokio::test]
async fn nothing_is_stored_if_one_fails() -> Result<(), DatabaseError> {
    let db = database().await?;
    let failed = db
        .execute_batch("INSERT INTO t VALUES (1); INSERT INTO t VALUES (1)")
        .await;
    assert!(failed.is_err_and(|error| error.is_unique_violation()));
    assert_eq!(count(&db).await?, 0);
    let failed = db
        .execute_batch("INSERT INTO t VALUES (1); SELECT nonsense")
        .await;
    assert!(failed.is_err());
    assert_eq!(count(&db).await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_transaction_statement_cannot_part_the_unit() -> Result<(), DatabaseError> {
    let db = database().await?;
    for control in ["COMMIT", "ROLLBACK", "BEGIN", "SAVEPOINT s", "/* */ END"] {
        let text = format!("INSERT INTO t VALUES (1); {control}; INSERT INTO t VALUES (2)");
        let refused = db.execute_batch(kstdb_core::AssertSqlSafe(text)).await;
        assert!(
            matches!(
                refused,
                Err(DatabaseError::Statement(StatementError::Refused { .. }))
            ),
            "{control}: {refused:?}"
        );
        assert_eq!(count(&db).await?, 0, "{control}");
    }
    Ok(())
}

#[tokio::test]
async fn in_a_transaction_it_is_undone_alone() -> Result<(), DatabaseError> {
    let db = database().await?;
    let mut tx = db.begin().await?;
    tx.execute_batch("INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)")
        .await?;
    let failed = tx
        .execute_batch("INSERT INTO t VALUES (3); INSERT INTO t VALUES (1)")
        .await;
    assert!(failed.is_err());
    tx.commit().await?;
    assert_eq!(count(&db).await?, 2);
    Ok(())
}

#[tokio::test]
async fn an_empty_text_does_nothing() -> Result<(), DatabaseError> {
    let db = database().await?;
    for text in ["", "  ", "-- only a comment", ";;"] {
        assert_eq!(db.execute_batch(text).await?.rows_affected, 0, "{text:?}");
    }
    Ok(())
}
