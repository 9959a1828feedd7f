//! What SQLite checks at the end of a statement is heard of, also by who wants its first row only.

use kstdb_core::error::{SqliteError, SqliteErrorKind};
use kstdb_core::{AsyncDatabase, DatabaseError, DbConfig, sqlx};

use crate::support::{Files, TestResult, refusal};

const TABLES: &str = "CREATE TABLE parent (id INTEGER PRIMARY KEY);
    CREATE TABLE at_once (parent REFERENCES parent (id));
    CREATE TABLE deferred (parent REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)";

/// A child without a parent, which is found out when the statement ends, and when it commits.
const AT_ONCE: &str = "INSERT INTO at_once VALUES (99) RETURNING parent";
const DEFERRED: &str = "INSERT INTO deferred VALUES (99) RETURNING parent";

/// Encrypted if the library can encrypt, in clear, and in memory.
async fn databases(files: &Files) -> Result<[AsyncDatabase; 3], DatabaseError> {
    let plain = |path: std::path::PathBuf| {
        AsyncDatabase::builder(path)
            .config(DbConfig::default())
            .connect()
    };
    let all = [
        files.open().await?,
        plain(files.path("plain.db")).await?,
        plain(":memory:".into()).await?,
    ];
    for db in &all {
        db.execute_batch(TABLES).await?;
    }
    Ok(all)
}

fn is_foreign_key(error: &DatabaseError) -> bool {
    let kind = error.sqlite().map(SqliteError::kind);
    kind == Some(SqliteErrorKind::ForeignKeyViolation)
}

async fn is_empty(db: &AsyncDatabase) -> Result<bool, DatabaseError> {
    let count = "SELECT (SELECT count(*) FROM at_once) + (SELECT count(*) FROM deferred)";
    Ok(db.fetch_value::<i64>(count, ()).await? == 0)
}

#[tokio::test]
async fn a_row_of_an_insert_that_fails_at_its_end_is_not_handed_out() -> TestResult {
    let files = Files::new()?;
    for db in databases(&files).await? {
        for insert in [AT_ONCE, DEFERRED] {
            let errors = [
                refusal(db.fetch_one::<(i64,)>(insert, ()).await)?,
                refusal(db.fetch_optional::<(i64,)>(insert, ()).await)?,
                refusal(db.fetch_value::<i64>(insert, ()).await)?,
                refusal(db.connection().await?.fetch_one::<(i64,)>(insert, ()).await)?,
            ];
            for error in errors {
                assert!(is_foreign_key(&error), "{insert}: {error:?}");
            }
            assert!(is_empty(&db).await?, "{insert}");
        }
        db.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_same_holds_inside_a_transaction() -> TestResult {
    let files = Files::new()?;
    for db in databases(&files).await? {
        let mut tx = db.begin().await?;
        let error = refusal(tx.fetch_one::<(i64,)>(AT_ONCE, ()).await)?;
        assert!(is_foreign_key(&error), "{error:?}");
        // The transaction goes on without it.
        tx.commit().await?;
        let inside = db.write(|tx| tx.fetch_value::<i64>(AT_ONCE, ())).await;
        let error = refusal(inside)?;
        assert!(is_foreign_key(&error), "{error:?}");
        assert!(is_empty(&db).await?);
        db.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_same_holds_for_code_that_is_written_for_sqlx() -> TestResult {
    let files = Files::new()?;
    for db in databases(&files).await? {
        for insert in [AT_ONCE, DEFERRED] {
            let error = refusal(sqlx::query(insert).fetch_one(&db).await)?;
            let database = error.as_database_error().ok_or("not of the database")?;
            assert!(database.is_foreign_key_violation(), "{error:?}");
            assert_eq!(database.code().as_deref(), Some("787"));
        }
        assert!(is_empty(&db).await?);
        db.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_statement_alone_is_whole_or_nothing_with_a_key_and_without() -> TestResult {
    let files = Files::new()?;
    for db in databases(&files).await? {
        let half = "INSERT OR FAIL INTO parent VALUES (1), (2), (1)";
        refusal(db.execute(half, ()).await)?;
        let rows: i64 = db.fetch_value("SELECT count(*) FROM parent", ()).await?;
        assert_eq!(rows, 0);
        db.close().await?;
    }
    Ok(())
}
