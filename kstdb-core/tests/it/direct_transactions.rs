//! Transactions in one hop: what they store, what they refuse, and what a dropped one leaves.

use std::sync::mpsc;

use kstdb_core::{AsyncDatabase, DatabaseError, TransactionError};
use tokio::sync::oneshot;

type Checked = Result<(), Box<dyn std::error::Error>>;

async fn open(dir: &tempfile::TempDir, pool: u32) -> Result<AsyncDatabase, DatabaseError> {
    let builder = crate::support::builder(dir.path().join("direct.db"));
    let db = builder.max_connections(pool).connect().await?;
    db.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)", ())
        .await?;
    Ok(db)
}

async fn count(db: &AsyncDatabase) -> Result<i64, DatabaseError> {
    db.fetch_value("SELECT count(*) FROM t", ()).await
}

#[tokio::test]
async fn a_write_is_stored_whole_and_seen_by_the_next_read() -> Checked {
    let dir = tempfile::tempdir()?;
    let db = open(&dir, 4).await?;
    let added = db
        .write(|tx| {
            tx.execute("INSERT INTO t VALUES (?, ?)", (1, 10))?;
            let many = tx.execute_many("INSERT INTO t VALUES (?, ?)", [(2, 20), (3, 30)])?;
            let seen: i64 = tx.fetch_value("SELECT sum(n) FROM t", ())?;
            assert_eq!(seen, 60);
            Ok::<_, DatabaseError>(many.rows_affected)
        })
        .await?;
    assert_eq!(added, 2);
    let rows: Vec<(i64, i64)> = db
        .read(|tx| tx.fetch_all("SELECT id, n FROM t ORDER BY id", ()))
        .await?;
    assert_eq!(rows, [(1, 10), (2, 20), (3, 30)]);
    Ok(db.close().await?)
}

#[tokio::test]
async fn an_error_of_the_function_comes_back_as_it_is_and_stores_nothing() -> Checked {
    #[derive(Debug, PartialEq)]
    enum Mine {
        Refused,
        Database,
    }
    impl From<DatabaseError> for Mine {
        fn from(_: DatabaseError) -> Self {
            Self::Database
        }
    }

    let dir = tempfile::tempdir()?;
    let db = open(&dir, 2).await?;
    let refused = db
        .write(|tx| {
            tx.execute("INSERT INTO t VALUES (1, 1)", ())?;
            Err::<(), _>(Mine::Refused)
        })
        .await;
    assert_eq!(refused, Err(Mine::Refused));
    assert_eq!(count(&db).await?, 0);
    Ok(db.close().await?)
}

#[tokio::test]
async fn a_reading_transaction_refuses_to_write() -> Checked {
    let dir = tempfile::tempdir()?;
    let db = open(&dir, 2).await?;
    let writes = [
        "INSERT INTO t VALUES (1, 1) RETURNING id",
        "UPDATE t SET n = 2 RETURNING id",
        "DELETE FROM t RETURNING id",
    ];
    for sql in writes {
        let refused = db.read(move |tx| tx.fetch_all::<(i64,)>(sql, ())).await;
        assert!(
            matches!(
                refused,
                Err(DatabaseError::Transaction(TransactionError::ReadOnly))
            ),
            "{sql}: {refused:?}"
        );
    }
    assert_eq!(count(&db).await?, 0);
    Ok(db.close().await?)
}

#[tokio::test]
async fn sql_text_cannot_end_a_transaction() -> Checked {
    let dir = tempfile::tempdir()?;
    let db = open(&dir, 2).await?;
    for sql in ["COMMIT", "ROLLBACK", "SAVEPOINT a", "-- on\nEND"] {
        let refused = db
            .write(move |tx| {
                tx.execute("INSERT INTO t VALUES (1, 1)", ())?;
                tx.execute(sql, ())
            })
            .await;
        assert!(
            matches!(
                refused,
                Err(DatabaseError::Transaction(
                    TransactionError::ControlStatement
                ))
            ),
            "{sql}: {refused:?}"
        );
    }
    assert_eq!(count(&db).await?, 0);
    Ok(db.close().await?)
}

#[tokio::test]
async fn a_failed_batch_leaves_the_rest_of_the_transaction() -> Checked {
    let dir = tempfile::tempdir()?;
    let db = open(&dir, 2).await?;
    db.write(|tx| {
        tx.execute("INSERT INTO t VALUES (1, 1)", ())?;
        let twice = tx.execute_many("INSERT INTO t VALUES (?, 0)", [(2,), (1,)]);
        assert!(twice.is_err());
        Ok::<_, DatabaseError>(())
    })
    .await?;
    assert_eq!(count(&db).await?, 1);
    Ok(db.close().await?)
}

#[tokio::test]
async fn a_transaction_that_sqlite_rolled_back_runs_nothing_more() -> Checked {
    let dir = tempfile::tempdir()?;
    let db = open(&dir, 2).await?;
    db.execute("INSERT INTO t VALUES (1, 1)", ()).await?;
    let over = db
        .write(|tx| {
            tx.execute("INSERT INTO t VALUES (2, 2)", ())?;
            // The statement fails and takes the transaction along.
            let failed = tx.execute("INSERT OR ROLLBACK INTO t VALUES (1, 1)", ());
            assert!(failed.is_err());
            tx.execute("INSERT INTO t VALUES (3, 3)", ())
        })
        .await;
    assert!(matches!(
        over,
        Err(DatabaseError::Transaction(TransactionError::RolledBack))
    ));
    assert_eq!(count(&db).await?, 1);
    Ok(db.close().await?)
}

#[tokio::test]
async fn a_read_sees_one_snapshot_while_others_write() -> Checked {
    let dir = tempfile::tempdir()?;
    let db = open(&dir, 4).await?;
    let (begun, has_begun) = oneshot::channel();
    let (written, is_written) = mpsc::channel::<()>();
    let reader = db.clone();
    let reading = tokio::spawn(async move {
        reader
            .read(move |tx| {
                let before: i64 = tx.fetch_value("SELECT count(*) FROM t", ())?;
                assert!(begun.send(()).is_ok());
                assert!(is_written.recv().is_ok());
                let after: i64 = tx.fetch_value("SELECT count(*) FROM t", ())?;
                Ok::<_, DatabaseError>((before, after))
            })
            .await
    });
    has_begun.await?;
    db.execute("INSERT INTO t VALUES (1, 1)", ()).await?;
    written.send(())?;
    assert_eq!(reading.await??, (0, 0));
    assert_eq!(count(&db).await?, 1);
    Ok(db.close().await?)
}

#[tokio::test]
async fn a_dropped_write_stores_nothing_and_gives_everything_back() -> Checked {
    let dir = tempfile::tempdir()?;
    let db = open(&dir, 1).await?;
    let (begun, has_begun) = oneshot::channel();
    let (dropped, is_dropped) = mpsc::channel::<()>();
    let (ended, has_ended) = oneshot::channel();
    let writer = db.clone();
    let writing = tokio::spawn(async move {
        writer
            .write(move |tx| {
                tx.execute("INSERT INTO t VALUES (1, 1)", ())?;
                assert!(begun.send(()).is_ok());
                assert!(is_dropped.recv().is_ok());
                // Errors are ignored here, as a function might: nothing runs all the same.
                let late = tx.execute("INSERT INTO t VALUES (2, 2)", ());
                assert!(ended.send(late.is_err()).is_ok());
                Ok::<_, DatabaseError>(())
            })
            .await
    });
    has_begun.await?;
    writing.abort();
    assert!(writing.await.is_err_and(|error| error.is_cancelled()));
    dropped.send(())?;
    assert!(has_ended.await?);
    // The one connection and the turn are free again.
    db.execute("INSERT INTO t VALUES (3, 3)", ()).await?;
    let ids: Vec<(i64,)> = db.fetch_all("SELECT id FROM t", ()).await?;
    assert_eq!(ids, [(3,)]);
    Ok(db.close().await?)
}

#[tokio::test]
async fn a_panic_of_the_function_rolls_back_and_is_its_own() -> Checked {
    let dir = tempfile::tempdir()?;
    let db = open(&dir, 1).await?;
    let writer = db.clone();
    let panicked = tokio::spawn(async move {
        writer
            .write(|tx| -> Result<(), DatabaseError> {
                tx.execute("INSERT INTO t VALUES (1, 1)", ())?;
                std::panic::panic_any("mine")
            })
            .await
    });
    let error = panicked.await.err().ok_or("it did not panic")?;
    assert_eq!(error.into_panic().downcast_ref::<&str>(), Some(&"mine"));
    assert_eq!(count(&db).await?, 0);
    db.execute("INSERT INTO t VALUES (2, 2)", ()).await?;
    Ok(db.close().await?)
}
