//! The read guard: damaged pages are errors, never values, and cost one connection.

use futures_util::StreamExt;
use kstdb_core::migrate::Migrations;
use kstdb_core::{AsyncDatabase, DatabaseError, StatementError, TransactionError, sqlx};

use crate::support::{Files, TestResult, chain, damage_last_page, refusal};

/// A database whose last page is damaged: the last of a long value, or of a table of many rows.
async fn damaged(files: &Files, fill: &'static str) -> TestResult<AsyncDatabase> {
    let db = files.open().await?;
    db.execute("CREATE TABLE small (n)", ()).await?;
    db.execute("INSERT INTO small VALUES (1)", ()).await?;
    db.execute("CREATE TABLE big (id INTEGER PRIMARY KEY, v)", ())
        .await?;
    db.execute(fill, ()).await?;
    db.close().await?;
    damage_last_page(&files.db())?;
    Ok(files.builder().max_connections(2).connect().await?)
}

const LONG_VALUE: &str = "INSERT INTO big VALUES (1, zeroblob(20000))";
const MANY_ROWS: &str = "INSERT INTO big WITH RECURSIVE n(i) AS \
    (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) SELECT i, hex(zeroblob(100)) FROM n";

/// The rest of the database works, on connections that are clean.
async fn works_elsewhere(db: &AsyncDatabase) -> TestResult {
    for _ in 0..1_000 {
        let n: i64 = db.fetch_value("SELECT n FROM small", ()).await?;
        assert_eq!(n, 1);
    }
    db.execute("UPDATE small SET n = n", ()).await?;
    let stats = db.stats();
    assert_eq!((stats.active_connections, db.pool_size() <= 2), (0, true));
    Ok(())
}

#[tokio::test]
async fn a_damaged_tail_is_never_handed_out() -> TestResult {
    let files = Files::new()?;
    let db = damaged(&files, LONG_VALUE).await?;
    let select = "SELECT v FROM big";
    let errors = [
        refusal(db.fetch_one::<(Vec<u8>,)>(select, ()).await)?,
        refusal(db.fetch_optional::<(Vec<u8>,)>(select, ()).await)?,
        refusal(db.fetch_all::<(Vec<u8>,)>(select, ()).await)?,
        refusal(db.fetch_value::<Vec<u8>>(select, ()).await)?,
        refusal(
            db.read(move |tx| tx.fetch_value::<Vec<u8>>(select, ()))
                .await,
        )?,
        refusal(
            db.write(move |tx| tx.fetch_value::<Vec<u8>>(select, ()))
                .await,
        )?,
        refusal(db.fetch::<(Vec<u8>,)>(select, ()).next().await.transpose())?,
        refusal(
            db.execute("CREATE TABLE copy AS SELECT v FROM big", ())
                .await,
        )?,
    ];
    for error in errors {
        assert!(error.is_corrupt(), "{error:?}");
        let damaged = matches!(error, DatabaseError::Statement(StatementError::DamagedPage));
        assert!(damaged, "{error:?}");
    }
    assert!(!db.table_exists("copy").await?);
    works_elsewhere(&db).await?;
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_damaged_page_costs_one_connection() -> TestResult {
    let files = Files::new()?;
    let db = damaged(&files, MANY_ROWS).await?;
    let reads = refusal(
        db.fetch_value::<i64>("SELECT sum(length(v)) FROM big", ())
            .await,
    )?;
    assert!(reads.is_corrupt(), "{reads:?}");
    works_elsewhere(&db).await?;
    let writes = refusal(db.execute("UPDATE big SET v = v || 'x'", ()).await)?;
    assert!(writes.is_corrupt(), "{writes:?}");
    works_elsewhere(&db).await?;
    let rows = (0..3).map(|n| (n,));
    let batch = db.execute_many("UPDATE big SET v = v || ?", rows).await;
    assert!(refusal(batch)?.is_corrupt());
    works_elsewhere(&db).await?;
    assert_eq!(db.stats().total_errors, 3);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_transaction_that_read_a_damaged_page_is_not_committed() -> TestResult {
    let files = Files::new()?;
    let db = damaged(&files, LONG_VALUE).await?;
    let mut transaction = db.begin().await?;
    transaction.execute("UPDATE small SET n = 2", ()).await?;
    let read = transaction.fetch_value::<Vec<u8>>("SELECT v FROM big", ());
    assert!(refusal(read.await)?.is_corrupt());
    let error = refusal(transaction.commit().await)?;
    assert!(error.is_corrupt(), "{error:?}");
    let refused = matches!(
        error,
        DatabaseError::Transaction(TransactionError::DamagedPage | TransactionError::RolledBack)
    );
    assert!(refused, "{error:?}");
    works_elsewhere(&db).await?;
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn sqlx_is_told_of_a_damaged_page_at_the_end_of_the_result() -> TestResult {
    let files = Files::new()?;
    let db = damaged(&files, LONG_VALUE).await?;
    let select = "SELECT v FROM big";
    let all = sqlx::query(select).fetch_all(&db).await.err();
    let one = sqlx::query(select).fetch_optional(&db).await.err();
    for error in [all, one] {
        let said = chain(&error.ok_or("it was not refused")?);
        assert!(said.contains("a page of the database is damaged"), "{said}");
    }
    works_elsewhere(&db).await?;
    let stats = db.stats();
    assert_eq!((stats.active_connections, stats.total_errors), (0, 2));
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_write_that_meets_a_damaged_page_says_so() -> TestResult {
    const UPDATE: &str = "UPDATE big SET v = v || 'x'";
    const INSERT: &str = "INSERT INTO big VALUES (1000, 'x')";
    let files = Files::new()?;
    let db = damaged(&files, MANY_ROWS).await?;
    // Which code SQLite reports depends on what is done with the page.
    let mut transaction = db.begin().await?;
    let guard = transaction.execute(INSERT, ()).await;
    drop(transaction);
    let errors = [
        refusal(guard)?,
        refusal(db.write(|tx| tx.execute(UPDATE, ())).await)?,
        refusal(db.write(|tx| tx.execute(INSERT, ())).await)?,
        refusal(
            db.write(|tx| tx.execute_many("UPDATE big SET v = ?", [(1,)]))
                .await,
        )?,
    ];
    for error in errors {
        let damaged = matches!(error, DatabaseError::Statement(StatementError::DamagedPage));
        assert!(damaged, "{error:?}");
    }
    works_elsewhere(&db).await?;
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_database_that_does_not_open_for_its_damage_is_corrupt() -> TestResult {
    let files = Files::new()?;
    damaged(&files, MANY_ROWS).await?.close().await?;
    let mut bytes = std::fs::read(files.db())?;
    bytes[1_000] ^= 1;
    std::fs::write(files.db(), bytes)?;
    let error = refusal(files.open().await)?;
    assert!(error.is_corrupt() && !error.is_wrong_key(), "{error:?}");
    Ok(())
}

/// Copied by a commit that came before the read guard, the zeroed tail would be authentic for ever.
#[tokio::test]
async fn a_migration_copies_nothing_out_of_a_damaged_page() -> TestResult {
    let files = Files::new()?;
    let db = damaged(&files, LONG_VALUE).await?;
    let migrations = files.path("migrations");
    std::fs::create_dir(&migrations)?;
    let rebuild = "CREATE TABLE rebuilt (id INTEGER PRIMARY KEY, v);
        INSERT INTO rebuilt SELECT * FROM big;
        DROP TABLE big;";
    std::fs::write(migrations.join("1_rebuild.sql"), rebuild)?;
    let migrations = Migrations::from_dir(migrations).await?;
    for _ in 0..2 {
        let error = refusal(db.migrate(&migrations).await)?;
        assert!(error.is_corrupt(), "{error:?}");
    }
    assert!(db.table_exists("big").await? && !db.table_exists("rebuilt").await?);
    assert_eq!(db.pending_migrations(&migrations).await?, [1]);
    works_elsewhere(&db).await?;
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn code_that_is_written_for_sqlx_copies_nothing_out_of_a_damaged_page() -> TestResult {
    let files = Files::new()?;
    let db = damaged(&files, LONG_VALUE).await?;
    db.execute("CREATE TABLE copy (id INTEGER PRIMARY KEY, v)", ())
        .await?;
    refusal(
        sqlx::query("INSERT INTO copy SELECT * FROM big")
            .execute(&db)
            .await,
    )?;
    let rows: i64 = db.fetch_value("SELECT count(*) FROM copy", ()).await?;
    assert_eq!(rows, 0);
    db.close().await?;
    Ok(())
}
