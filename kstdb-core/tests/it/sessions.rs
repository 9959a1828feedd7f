//! A connection goes to the next caller clean, or is replaced.

use futures_util::StreamExt;
use kstdb_core::AsyncDatabase;

use crate::support::{COUNT, Files, TestResult, until};

/// What a caller can leave behind, and a question whose answer would show it.
async fn replaced(sql: &'static str, question: &'static str, clean: i64) -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(1).await?;
    let mut connection = db.connection().await?;
    connection.execute(sql, ()).await?;
    drop(connection);
    let answer: i64 = db.fetch_value(question, ()).await?;
    assert_eq!(answer, clean, "{sql}");
    let stats = db.stats();
    assert_eq!(
        (stats.total_connections, stats.total_errors),
        (2, 1),
        "{sql}"
    );
    assert_eq!(db.pool_size(), 1);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn changed_settings_do_not_reach_the_next_caller() -> TestResult {
    for (sql, question, clean) in [
        ("PRAGMA foreign_keys = OFF", "PRAGMA foreign_keys", 1),
        ("PRAGMA synchronous = OFF", "PRAGMA synchronous", 2),
        ("PRAGMA query_only = ON", "PRAGMA query_only", 0),
        (
            "PRAGMA recursive_triggers = 1",
            "PRAGMA recursive_triggers",
            0,
        ),
        ("PRAGMA busy_timeout = 1", "PRAGMA busy_timeout", 5_000),
        ("PRAGMA case_sensitive_like = ON", "SELECT 'a' LIKE 'A'", 1),
    ] {
        replaced(sql, question, clean).await?;
    }
    Ok(())
}

#[tokio::test]
async fn temporary_tables_do_not_reach_the_next_caller() -> TestResult {
    let question = "SELECT count(*) FROM temp.sqlite_schema";
    replaced("CREATE TEMP TABLE scratch (n)", question, 0).await?;
    replaced("CREATE TEMP VIEW scratch AS SELECT 1", question, 0).await
}

#[tokio::test]
async fn attached_databases_do_not_reach_the_next_caller() -> TestResult {
    let files = Files::new()?;
    let config = kstdb_core::DbConfig::default();
    let builder = AsyncDatabase::builder(files.db()).config(config);
    let db = builder.max_connections(1).connect().await?;
    db.execute("ATTACH ':memory:' AS other", ()).await?;
    let count = "SELECT count(*) FROM pragma_database_list WHERE name = 'other'";
    assert_eq!(db.fetch_value::<i64>(count, ()).await?, 0);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_transaction_of_sql_text_does_not_reach_the_next_caller() -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(1).await?;
    db.execute("CREATE TABLE t (n)", ()).await?;
    for begin in ["BEGIN", "BEGIN IMMEDIATE", "SAVEPOINT mine"] {
        let mut connection = db.connection().await?;
        connection.execute(begin, ()).await?;
        connection.execute("INSERT INTO t VALUES (1)", ()).await?;
        drop(connection);
        let rows: i64 = db.fetch_value("SELECT count(*) FROM t", ()).await?;
        assert_eq!(rows, 0, "{begin}");
        db.begin().await?.rollback().await?;
    }
    // Rolled back, the connection is as clean as any.
    assert_eq!(db.stats().total_connections, 1);
    db.execute("BEGIN", ()).await?;
    db.begin().await?.rollback().await?;
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_stream_that_was_not_drained_does_not_reach_the_next_caller() -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(1).await?;
    let mut rows = db.fetch::<(i64,)>(COUNT, (100_000,));
    assert_eq!(rows.next().await.transpose()?, Some((1,)));
    drop(rows);
    db.execute("CREATE TABLE t (n)", ()).await?;
    db.execute("VACUUM", ()).await?;
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_panic_of_the_application_costs_its_connection_and_no_more() -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(1).await?;
    db.execute("CREATE TABLE t (n)", ()).await?;
    let rows = [1, 2, 3].into_iter().map(|n| {
        assert!(n < 3, "the application's own panic");
        (n,)
    });
    let task = tokio::spawn({
        let db = db.clone();
        async move { db.execute_many("INSERT INTO t VALUES (?)", rows).await }
    });
    assert!(task.await.is_err_and(|error| error.is_panic()));
    until("it is back", || db.stats().active_connections == 0).await?;
    let rows: i64 = db.fetch_value("SELECT count(*) FROM t", ()).await?;
    assert_eq!((rows, db.pool_size()), (0, 1));
    db.execute("INSERT INTO t VALUES (1)", ()).await?;
    db.close().await?;
    Ok(())
}
