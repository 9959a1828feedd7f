//! Rows as a stream: in order, as fast as they are taken, and over when dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::{StreamExt, TryStreamExt};
use kstdb_core::{DatabaseError, FromRow, Row, RowError, StatementError};

use crate::support::{COUNT, Files, TestResult, refusal};

#[tokio::test]
async fn rows_come_in_order_from_all_that_can_query() -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(2).await?;
    let expected: Vec<_> = (1..=2_000).map(|n: i64| (n,)).collect();
    let rows: Vec<_> = db.fetch::<(i64,)>(COUNT, (2_000,)).try_collect().await?;
    assert_eq!(rows, expected);
    let mut connection = db.connection().await?;
    let rows: Vec<_> = connection
        .fetch::<(i64,)>(COUNT, (2_000,))
        .try_collect()
        .await?;
    assert_eq!(rows, expected);
    let mut transaction = connection.begin().await?;
    let rows: Vec<_> = transaction
        .fetch::<(i64,)>(COUNT, (2_000,))
        .try_collect()
        .await?;
    assert_eq!(rows, expected);
    transaction.commit().await?;
    drop(connection);
    let nothing = db.fetch::<(i64,)>("SELECT 1 WHERE 0", ());
    let none: Vec<_> = nothing.try_collect().await?;
    assert!(none.is_empty());
    db.close().await?;
    Ok(())
}

/// A row that counts how often one was read.
struct Counted;

static READ: AtomicUsize = AtomicUsize::new(0);

impl FromRow for Counted {
    type Plan = ();

    fn plan(_: &kstdb_core::Columns) -> Result<Self::Plan, RowError> {
        Ok(())
    }

    fn from_row(_: &Row<'_>, (): &Self::Plan) -> Result<Self, RowError> {
        READ.fetch_add(1, Ordering::Relaxed);
        Ok(Self)
    }
}

#[tokio::test]
async fn a_slow_reader_slows_the_statement_down() -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(2).await?;
    let mut rows = db.fetch::<Counted>(COUNT, (1_000_000,));
    assert!(rows.next().await.transpose()?.is_some());
    // Other calls run meanwhile, and give the statement all the time that it wants.
    for _ in 0..200 {
        let _: i64 = db.fetch_value("SELECT 1", ()).await?;
    }
    let read = READ.load(Ordering::Relaxed);
    assert!((1..5_000).contains(&read), "{read}");
    drop(rows);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn nothing_runs_before_the_first_poll() -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(1).await?;
    let before = db.stats();
    drop(db.fetch::<(i64,)>(COUNT, (10,)));
    let unpolled = db.fetch::<(i64,)>("DROP TABLE nowhere", ());
    assert_eq!(db.stats(), before);
    drop(unpolled);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn an_error_half_way_comes_after_the_rows_before_it_and_ends_the_stream() -> TestResult {
    const TEXT_AT_600: &str = "WITH RECURSIVE n(i) AS \
        (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) \
        SELECT iif(i = 600, 'text', i) FROM n";
    let files = Files::new()?;
    let db = files.open_with(1).await?;
    for _ in 0..20 {
        let mut rows = db.fetch::<(i64,)>(TEXT_AT_600, ());
        let mut read = 0;
        let error = loop {
            match rows.next().await {
                Some(Ok((n,))) => {
                    read += 1;
                    assert_eq!(n, read);
                }
                Some(Err(error)) => break error,
                None => return Err("the stream ended without the error".into()),
            }
        };
        assert_eq!(read, 599);
        let misfit = matches!(error, DatabaseError::Statement(StatementError::Row(_)));
        assert!(misfit, "{error:?}");
        assert!(rows.next().await.is_none());
        assert!(rows.next().await.is_none());
    }
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_statement_that_fails_at_once_is_the_first_item() -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(1).await?;
    let mut rows = db.fetch::<(i64,)>("SELECT * FROM nowhere", ());
    let first = rows.next().await.ok_or("no item")?;
    assert!(matches!(refusal(first)?, DatabaseError::Statement(_)));
    assert!(rows.next().await.is_none());
    let mut rows = db.fetch::<(i64,)>("SELECT ?", ());
    assert!(rows.next().await.is_some_and(|item| item.is_err()));
    drop(rows);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_stream_that_writes_is_stored() -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(1).await?;
    db.execute("CREATE TABLE t (n)", ()).await?;
    let insert = "INSERT INTO t VALUES (1), (2) RETURNING n * 10";
    let returned: Vec<_> = db.fetch::<(i64,)>(insert, ()).try_collect().await?;
    assert_eq!(returned, [(10,), (20,)]);
    let rows: i64 = db.fetch_value("SELECT count(*) FROM t", ()).await?;
    assert_eq!(rows, 2);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn long_values_come_whole() -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(1).await?;
    db.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v)", ())
        .await?;
    let value = Arc::<str>::from("v".repeat(300_000));
    let rows = (0..10).map({
        let value = Arc::clone(&value);
        move |n| (n, Arc::clone(&value))
    });
    db.execute_many("INSERT INTO t VALUES (?, ?)", rows).await?;
    let mut stream = db.fetch::<(i64, String)>("SELECT id, v FROM t ORDER BY id", ());
    for n in 0..10 {
        let (id, read) = stream.next().await.ok_or("too few rows")??;
        assert!(id == n && *read == *value);
    }
    assert!(stream.next().await.is_none());
    drop(stream);
    db.close().await?;
    Ok(())
}
