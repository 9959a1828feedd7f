//! `sqlx::Executor`: code that is written for sqlx runs on a kstdb database.

use futures_util::TryStreamExt;
use kstdb_core::AsyncDatabase;
use kstdb_core::sqlx::{self, Executor as _, Row as _};

use crate::support::{COUNT, Files, TestResult, chain, refusal};

async fn open(files: &Files) -> TestResult<AsyncDatabase> {
    let db = files.open_with(2).await?;
    sqlx::query("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT UNIQUE)")
        .execute(&db)
        .await?;
    Ok(db)
}

#[tokio::test]
async fn the_queries_of_sqlx_run_unchanged() -> TestResult {
    let files = Files::new()?;
    let db = open(&files).await?;
    let done = sqlx::query("INSERT INTO users (name) VALUES (?), (?)")
        .bind("Ada")
        .bind("Grace")
        .execute(&db)
        .await?;
    assert_eq!((done.rows_affected(), done.last_insert_rowid()), (2, 2));
    let users: Vec<(i64, String)> = sqlx::query_as("SELECT id, name FROM users ORDER BY id")
        .fetch_all(&db)
        .await?;
    assert_eq!(users, [(1, "Ada".to_owned()), (2, "Grace".to_owned())]);
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM users")
        .fetch_one(&db)
        .await?;
    assert_eq!(count, 2);
    let nobody = sqlx::query("SELECT name FROM users WHERE id = ?")
        .bind(9)
        .fetch_optional(&db)
        .await?;
    assert!(nobody.is_none());
    let row = sqlx::query("SELECT name FROM users WHERE id = 1")
        .fetch_one(&db)
        .await?;
    assert_eq!(row.try_get::<String, _>("name")?, "Ada");
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn several_statements_run_as_one_text() -> TestResult {
    let files = Files::new()?;
    let db = open(&files).await?;
    sqlx::raw_sql(
        "BEGIN; CREATE TABLE a (n); INSERT INTO a VALUES (1); INSERT INTO a VALUES (2); COMMIT;",
    )
    .execute(&db)
    .await?;
    let sum: i64 = db.fetch_value("SELECT sum(n) FROM a", ()).await?;
    assert_eq!(sum, 3);
    // A transaction that is not ended is rolled back when the call is over.
    sqlx::raw_sql("BEGIN; DELETE FROM a").execute(&db).await?;
    let sum: i64 = db.fetch_value("SELECT sum(n) FROM a", ()).await?;
    assert_eq!(sum, 3);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_stream_of_sqlx_comes_in_order_and_can_be_dropped() -> TestResult {
    let files = Files::new()?;
    let db = open(&files).await?;
    let mut rows = sqlx::query_scalar::<_, i64>(COUNT).bind(1_000).fetch(&db);
    let mut count = 0;
    while let Some(n) = rows.try_next().await? {
        count += 1;
        assert_eq!(n, count);
    }
    drop(rows);
    let mut rows = sqlx::query_scalar::<_, i64>(COUNT)
        .bind(1_000_000)
        .fetch(&db);
    assert_eq!(rows.try_next().await?, Some(1));
    drop(rows);
    let both = [db.connection().await?, db.connection().await?];
    drop(both);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn errors_of_sqlite_come_as_those_of_sqlx() -> TestResult {
    let files = Files::new()?;
    let db = open(&files).await?;
    let insert = "INSERT INTO users (name) VALUES ('Ada')";
    sqlx::query(insert).execute(&db).await?;
    let error = refusal(sqlx::query(insert).execute(&db).await)?;
    let database = error.as_database_error().ok_or("not of the database")?;
    assert!(database.is_unique_violation());
    let nothing = sqlx::query("SELECT 1 WHERE 0").fetch_one(&db).await;
    assert!(matches!(refusal(nothing)?, sqlx::Error::RowNotFound));
    refusal(sqlx::query("SELECT * FROM nowhere").fetch_all(&db).await)?;
    let held = [db.connection().await?, db.connection().await?];
    let exhausted = sqlx::query("SELECT 1").fetch_one(&db).await;
    assert!(matches!(refusal(exhausted)?, sqlx::Error::PoolTimedOut));
    drop(held);
    db.close().await?;
    let closed = sqlx::query("SELECT 1").fetch_one(&db).await;
    assert!(matches!(refusal(closed)?, sqlx::Error::PoolClosed));
    Ok(())
}

#[tokio::test]
async fn statements_are_prepared_and_described() -> TestResult {
    let files = Files::new()?;
    let db = open(&files).await?;
    let select = kstdb_core::AssertSqlSafe("SELECT id, name FROM users");
    let statement = (&db)
        .prepare(sqlx::SqlSafeStr::into_sql_str(select))
        .await?;
    assert_eq!(sqlx::Statement::columns(&statement).len(), 2);
    db.close().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_writers_never_see_a_lock() -> TestResult {
    let files = Files::new()?;
    let db = files.builder().max_connections(8).connect().await?;
    db.execute("CREATE TABLE t (n)", ()).await?;
    let tasks: Vec<_> = (0..16)
        .map(|n: i64| {
            let db = db.clone();
            tokio::spawn(async move {
                for _ in 0..5 {
                    sqlx::query("INSERT INTO t VALUES (?)")
                        .bind(n)
                        .execute(&db)
                        .await?;
                }
                Ok::<_, sqlx::Error>(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM t")
        .fetch_one(&db)
        .await?;
    assert_eq!(rows, 80);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_nul_byte_is_refused_before_sqlx_waits_for_what_follows_it() -> TestResult {
    const TEXT: &str = "SELECT 1 \0, 2";
    let files = Files::new()?;
    let db = open(&files).await?;
    let errors = [
        sqlx::query(TEXT).execute(&db).await.err(),
        sqlx::query(TEXT).fetch_optional(&db).await.err(),
        (&db).prepare(sqlx::SqlStr::from_static(TEXT)).await.err(),
        (&db).describe(sqlx::SqlStr::from_static(TEXT)).await.err(),
    ];
    for error in errors {
        let said = chain(&error.ok_or("it was taken")?);
        assert!(said.contains("a NUL byte in the statement"), "{said}");
    }
    assert_eq!(db.fetch_value::<i64>("SELECT 1", ()).await?, 1);
    db.close().await?;
    Ok(())
}
