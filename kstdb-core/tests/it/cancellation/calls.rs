//! Calls, transactions and sqlx's calls, dropped at every poll.

use futures_util::TryStreamExt;
use kstdb_core::migrate::Migrations;
use kstdb_core::{AssertSqlSafe, AsyncDatabase, DatabaseError, sqlx};

use super::check::{database, sweep};
use crate::support::{COUNT, Files, TestResult};

/// Ten rows into both tables, in one statement each.
const INTO_A: &str = "INSERT INTO a WITH RECURSIVE n(i) AS \
    (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10) SELECT i FROM n";
const INTO_B: &str = "INSERT INTO b WITH RECURSIVE n(i) AS \
    (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10) SELECT i FROM n";

async fn ten_rows_each(db: &AsyncDatabase) -> Result<(), DatabaseError> {
    let mut transaction = db.begin().await?;
    transaction.execute(INTO_A, ()).await?;
    transaction.execute(INTO_B, ()).await?;
    transaction.commit().await
}

#[tokio::test(flavor = "multi_thread")]
async fn dropped_reads_and_writes_leave_nothing_behind() -> TestResult {
    let files = Files::new()?;
    let db = database(&files).await?;
    ten_rows_each(&db).await?;
    sweep(&db, async || db.execute("UPDATE a SET n = n + 1", ()).await).await?;
    sweep(&db, async || {
        db.fetch_one::<(i64,)>("SELECT count(*) FROM a", ()).await
    })
    .await?;
    sweep(&db, async || {
        db.fetch_optional::<(i64,)>("SELECT n FROM a", ()).await
    })
    .await?;
    sweep(&db, async || db.fetch_all::<(i64,)>(COUNT, (2_000,)).await).await?;
    sweep(&db, async || db.fetch_value::<i64>("SELECT 1", ()).await).await?;
    sweep(&db, async || db.table_exists("a").await).await?;
    sweep(&db, async || {
        db.read(|tx| tx.fetch_value::<i64>("SELECT count(*) FROM a", ()))
            .await
    })
    .await?;
    db.close().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_batch_is_stored_whole_or_not_at_all() -> TestResult {
    let files = Files::new()?;
    let db = database(&files).await?;
    db.execute(
        "CREATE TRIGGER both AFTER INSERT ON a BEGIN INSERT INTO b VALUES (new.n); END",
        (),
    )
    .await?;
    sweep(&db, async || {
        let rows = (0..10).map(|n| (n,));
        db.execute_many("INSERT INTO a VALUES (?)", rows).await
    })
    .await?;
    db.close().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_stream_leaves_nothing_behind() -> TestResult {
    let files = Files::new()?;
    let db = database(&files).await?;
    sweep(&db, async || {
        let mut rows = db.fetch::<(i64,)>(COUNT, (3_000,));
        let mut count = 0;
        while let Some((n,)) = rows.try_next().await? {
            count += 1;
            assert_eq!(n, count);
        }
        Ok(())
    })
    .await?;
    db.close().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_transaction_is_stored_whole_or_not_at_all() -> TestResult {
    let files = Files::new()?;
    let db = database(&files).await?;
    sweep(&db, async || ten_rows_each(&db).await).await?;
    sweep(&db, async || {
        db.transaction(async |tx| {
            tx.execute(INTO_A, ()).await?;
            tx.execute(INTO_B, ()).await
        })
        .await
    })
    .await?;
    sweep(&db, async || {
        db.write(|tx| {
            tx.execute(INTO_A, ())?;
            tx.execute(INTO_B, ())
        })
        .await
    })
    .await?;
    sweep(&db, async || {
        let both = [INTO_A, INTO_B].join(";");
        db.execute_batch(AssertSqlSafe(both)).await
    })
    .await?;
    sweep(&db, async || {
        let mut transaction = db.begin().await?;
        transaction.execute(INTO_A, ()).await?;
        transaction.rollback().await
    })
    .await?;
    db.close().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_savepoint_is_rolled_back_alone() -> TestResult {
    let files = Files::new()?;
    let db = database(&files).await?;
    sweep(&db, async || {
        let mut outer = db.begin().await?;
        outer.execute(INTO_A, ()).await?;
        let mut inner = outer.begin().await?;
        inner.execute("DELETE FROM b", ()).await?;
        inner.rollback().await?;
        let mut inner = outer.begin().await?;
        inner.execute(INTO_B, ()).await?;
        inner.commit().await?;
        outer.commit().await
    })
    .await?;
    db.close().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_use_of_a_connection_leaves_nothing_behind() -> TestResult {
    let files = Files::new()?;
    let db = database(&files).await?;
    sweep(&db, async || {
        let mut connection = db.connection().await?;
        connection.execute("BEGIN", ()).await?;
        connection.execute(INTO_A, ()).await?;
        connection.execute(INTO_B, ()).await?;
        connection.execute("COMMIT", ()).await?;
        db.pool().await?.release(connection).await;
        Ok(())
    })
    .await?;
    db.close().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_call_of_sqlx_leaves_nothing_behind() -> TestResult {
    let files = Files::new()?;
    let db = database(&files).await?;
    ten_rows_each(&db).await?;
    sweep(&db, async || {
        Ok(sqlx::query("UPDATE a SET n = n + 1").execute(&db).await)
    })
    .await?;
    sweep(&db, async || {
        Ok(sqlx::query("SELECT n FROM a").fetch_all(&db).await)
    })
    .await?;
    sweep(&db, async || {
        Ok(sqlx::query("SELECT n FROM a").fetch_optional(&db).await)
    })
    .await?;
    sweep(&db, async || {
        Ok(sqlx::raw_sql(
            "BEGIN IMMEDIATE; UPDATE a SET n = 1; UPDATE b SET n = 1; DELETE FROM a; ROLLBACK",
        )
        .execute(&db)
        .await)
    })
    .await?;
    db.close().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_migration_goes_on_with_the_next_call() -> TestResult {
    const NAMES: [&str; 3] = ["one", "two", "three"];
    let files = Files::new()?;
    let db = database(&files).await?;
    for (name, version) in NAMES.iter().zip(1..) {
        let sql = format!("CREATE TABLE {name} (n); INSERT INTO {name} VALUES (1);");
        std::fs::write(files.path(&format!("{version}_{name}.sql")), sql)?;
    }
    let migrations = Migrations::from_dir(files.dir()).await?;
    sweep(&db, async || db.migrate(&migrations).await).await?;
    let applied: i64 = db
        .fetch_value("SELECT count(*) FROM _sqlx_migrations WHERE success", ())
        .await?;
    assert_eq!(applied, 3);
    for name in NAMES {
        assert!(db.table_exists(name).await?);
    }
    db.close().await?;
    Ok(())
}
