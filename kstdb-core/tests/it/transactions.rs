//! Transactions: stored whole, rolled back whole, and over when SQLite says so.

use kstdb_core::error::SqliteErrorKind;
use kstdb_core::{AsyncDatabase, DatabaseError, TransactionError};

use crate::support::{Files, TestResult, refusal, until};

async fn open(files: &Files) -> Result<AsyncDatabase, DatabaseError> {
    let db = files.open_with(2).await?;
    db.execute("CREATE TABLE t (n UNIQUE)", ()).await?;
    Ok(db)
}

async fn rows(db: &AsyncDatabase) -> Result<i64, DatabaseError> {
    db.fetch_value("SELECT count(*) FROM t", ()).await
}

fn is_over(error: &DatabaseError) -> bool {
    matches!(
        error,
        DatabaseError::Transaction(TransactionError::RolledBack)
    )
}

#[tokio::test]
async fn a_dropped_guard_rolls_back() -> TestResult {
    let files = Files::new()?;
    let db = open(&files).await?;
    let mut transaction = db.begin().await?;
    transaction.execute("INSERT INTO t VALUES (1)", ()).await?;
    drop(transaction);
    assert_eq!(rows(&db).await?, 0);
    let mut connection = db.connection().await?;
    let mut transaction = connection.begin().await?;
    transaction.execute("INSERT INTO t VALUES (1)", ()).await?;
    drop(transaction);
    // The same connection, before it goes back.
    let seen: i64 = connection.fetch_value("SELECT count(*) FROM t", ()).await?;
    assert_eq!(seen, 0);
    drop(connection);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn nothing_is_seen_before_the_commit_and_all_afterwards() -> TestResult {
    let files = Files::new()?;
    let db = open(&files).await?;
    let mut transaction = db.begin().await?;
    transaction.execute("INSERT INTO t VALUES (1)", ()).await?;
    let inside: i64 = transaction
        .fetch_value("SELECT count(*) FROM t", ())
        .await?;
    assert_eq!((inside, rows(&db).await?), (1, 0));
    transaction.commit().await?;
    assert_eq!(rows(&db).await?, 1);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_commit_that_a_deferred_foreign_key_refuses_is_rolled_back() -> TestResult {
    let files = Files::new()?;
    let db = open(&files).await?;
    db.execute(
        "CREATE TABLE c (n REFERENCES t (n) DEFERRABLE INITIALLY DEFERRED)",
        (),
    )
    .await?;
    let mut transaction = db.begin().await?;
    transaction.execute("INSERT INTO c VALUES (9)", ()).await?;
    let error = refusal(transaction.commit().await)?;
    let commit = matches!(
        &error,
        DatabaseError::Transaction(TransactionError::Commit(_))
    );
    assert!(commit, "{error:?}");
    let kind = error.sqlite().map(|error| error.kind());
    assert_eq!(kind, Some(SqliteErrorKind::ForeignKeyViolation));
    let left: i64 = db.fetch_value("SELECT count(*) FROM c", ()).await?;
    assert_eq!(left, 0);
    db.begin().await?.commit().await?;
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_statement_that_fails_leaves_the_transaction_open() -> TestResult {
    let files = Files::new()?;
    let db = open(&files).await?;
    let mut transaction = db.begin().await?;
    transaction.execute("INSERT INTO t VALUES (1)", ()).await?;
    let twice = transaction.execute("INSERT INTO t VALUES (1)", ()).await;
    assert!(refusal(twice)?.is_unique_violation());
    transaction.execute("INSERT INTO t VALUES (2)", ()).await?;
    transaction.commit().await?;
    assert_eq!(rows(&db).await?, 2);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn nothing_runs_outside_of_a_transaction_that_sqlite_ended() -> TestResult {
    let files = Files::new()?;
    let db = open(&files).await?;
    let mut transaction = db.begin().await?;
    transaction.execute("INSERT INTO t VALUES (1)", ()).await?;
    let rolls_back = "INSERT OR ROLLBACK INTO t VALUES (1)";
    let error = refusal(transaction.execute(rolls_back, ()).await)?;
    assert!(error.is_unique_violation());
    let insert = "INSERT INTO t VALUES (2)";
    assert!(is_over(&refusal(transaction.execute(insert, ()).await)?));
    let select = "SELECT count(*) FROM t";
    assert!(is_over(&refusal(
        transaction.fetch_value::<i64>(select, ()).await
    )?));
    assert!(is_over(&refusal(transaction.begin().await)?));
    assert!(is_over(&refusal(transaction.commit().await)?));
    assert_eq!(rows(&db).await?, 0);
    // The next one is not told.
    let mut transaction = db.begin().await?;
    transaction.execute(insert, ()).await?;
    transaction.commit().await?;
    assert_eq!(rows(&db).await?, 1);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn control_statements_are_refused_inside_a_transaction() -> TestResult {
    let files = Files::new()?;
    let db = open(&files).await?;
    let mut transaction = db.begin().await?;
    for sql in [
        "COMMIT",
        "end transaction",
        "ROLLBACK",
        "/* so */ SAVEPOINT x",
        "RELEASE x",
        "BEGIN",
    ] {
        let error = refusal(transaction.execute(sql, ()).await)?;
        let refused = matches!(
            error,
            DatabaseError::Transaction(TransactionError::ControlStatement)
        );
        assert!(refused, "{sql}");
    }
    transaction.execute("INSERT INTO t VALUES (1)", ()).await?;
    transaction.commit().await?;
    assert_eq!(rows(&db).await?, 1);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_closure_commits_with_ok_and_rolls_back_with_err() -> TestResult {
    let files = Files::new()?;
    let db = open(&files).await?;
    let stored: i64 = db
        .transaction(async |tx| {
            tx.execute("INSERT INTO t VALUES (1)", ()).await?;
            tx.fetch_value("SELECT count(*) FROM t", ()).await
        })
        .await?;
    assert_eq!(stored, 1);
    let refused: TestResult = db
        .transaction(async |tx| {
            tx.execute("INSERT INTO t VALUES (2)", ()).await?;
            Err("changed my mind".into())
        })
        .await;
    assert_eq!(refusal(refused)?.to_string(), "changed my mind");
    assert_eq!(rows(&db).await?, 1);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_panic_in_the_closure_rolls_back() -> TestResult {
    let files = Files::new()?;
    let db = open(&files).await?;
    let task = tokio::spawn({
        let db = db.clone();
        async move {
            db.transaction(async |tx| {
                tx.execute("INSERT INTO t VALUES (1)", ()).await?;
                let sold_out = tx.table_exists("t").await?;
                assert!(!sold_out, "the application's own panic");
                Ok::<_, DatabaseError>(())
            })
            .await
        }
    });
    assert!(task.await.is_err_and(|error| error.is_panic()));
    until("it is back", || db.stats().active_connections == 0).await?;
    assert_eq!(rows(&db).await?, 0);
    db.execute("INSERT INTO t VALUES (2)", ()).await?;
    db.close().await?;
    Ok(())
}
