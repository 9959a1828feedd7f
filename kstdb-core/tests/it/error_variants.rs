//! Variants of errors that come of no behaviour with a module of its own, and what their questions
//! answer.

use std::time::Duration;

use kstdb_core::cipher::rusqlite::Connection;
use kstdb_core::error::{
    DatabaseConnectionError, RowError, SqliteErrorKind, StatementError, TransactionError,
};
use kstdb_core::migrate::{MigrationError, Migrations};
use kstdb_core::{
    AsyncDatabase, Columns, DatabaseError, DbConfig, FromRow, Row, apply_cipher_key,
    is_sqlcipher_available, sqlx,
};

use crate::support::{ENDLESS, Files, TestResult, raw_key, refusal};

/// A database in memory.
async fn memory() -> Result<AsyncDatabase, DatabaseError> {
    crate::support::builder(":memory:").connect().await
}

/// What SQLite said.
fn kind(error: &DatabaseError) -> Option<SqliteErrorKind> {
    error.sqlite().map(|sqlite| sqlite.kind())
}

/// Another program, which has begun to write and does not end.
fn writer(files: &Files) -> TestResult<Connection> {
    let connection = Connection::open(files.db())?;
    if is_sqlcipher_available() {
        apply_cipher_key(&connection, &raw_key(7))?;
    }
    connection.execute_batch("BEGIN IMMEDIATE")?;
    Ok(connection)
}

#[tokio::test]
async fn settings_that_cannot_be_read_are_an_error_of_the_settings() -> TestResult {
    let files = Files::new()?;
    let builder = AsyncDatabase::builder(files.db()).config_file(files.path("missing.yml"));
    let error = refusal(builder.connect().await)?;
    assert!(matches!(error, DatabaseError::Config(_)), "{error:?}");
    Ok(())
}

#[tokio::test]
async fn a_hook_that_fails_is_named() -> TestResult {
    let files = Files::new()?;
    let builder = files
        .builder()
        .on_connect(|_| Box::pin(async { Err("not today".into()) }));
    let error = refusal(builder.connect().await)?;
    let hook = matches!(
        &error,
        DatabaseError::Connection(DatabaseConnectionError::OnConnect(source))
            if source.to_string() == "not today"
    );
    assert!(hook && !error.is_retryable(), "{error:?}");
    Ok(())
}

/// sqlx takes paths that are text; what a link leads to can be none.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_driver_that_fails_without_sqlite_is_a_worker() -> TestResult {
    use std::os::unix::ffi::OsStrExt as _;

    let files = Files::new()?;
    let directory = files.dir().join(std::ffi::OsStr::from_bytes(b"\xff"));
    std::fs::create_dir(&directory)?;
    std::os::unix::fs::symlink(&directory, files.path("link"))?;
    let builder = crate::support::builder(files.path("link/app.db"));
    let error = refusal(builder.connect().await)?;
    let worker = matches!(
        error,
        DatabaseError::Connection(DatabaseConnectionError::Worker { .. })
    );
    assert!(worker, "{error:?}");
    Ok(())
}

#[test]
fn a_runtime_that_has_ended_is_named() -> TestResult {
    let runtime = tokio::runtime::Builder::new_multi_thread().build()?;
    let ended = runtime.handle().clone();
    runtime.shutdown_background();
    let _inside = ended.enter();
    let error = refusal(pollster::block_on(memory()))?;
    let shutdown = matches!(
        error,
        DatabaseError::Connection(DatabaseConnectionError::RuntimeShutdown)
    );
    assert!(shutdown, "{error:?}");
    Ok(())
}

#[tokio::test]
async fn a_lock_of_another_program_is_busy_wherever_it_is_met() -> TestResult {
    let files = Files::new()?;
    let db = files.builder().busy_timeout(Duration::ZERO);
    let db = db.connect().await?;
    let program = writer(&files)?;
    let error = refusal(db.begin().await)?;
    let begin = matches!(
        error,
        DatabaseError::Transaction(TransactionError::Begin(_))
    );
    assert!(
        begin && error.is_busy() && error.is_retryable(),
        "{error:?}"
    );
    drop(program);
    db.close().await?;
    Ok(())
}

/// The header of a file that another program reads cannot be put into WAL mode.
#[tokio::test]
async fn a_setting_that_sqlite_refuses_is_named() -> TestResult {
    let files = Files::new()?;
    let program = Connection::open(files.db())?;
    program.execute_batch("CREATE TABLE t (v); BEGIN; SELECT * FROM t")?;
    let _rows: i64 = program.query_row("SELECT count(*) FROM t", [], |row| row.get(0))?;
    let builder = AsyncDatabase::builder(files.db()).config(DbConfig::default());
    let builder = builder.busy_timeout(Duration::ZERO).max_attempts(1);
    let error = refusal(builder.connect().await)?;
    let setting = matches!(
        error,
        DatabaseError::Connection(DatabaseConnectionError::Setting {
            setting: "journal_mode",
            ..
        })
    );
    assert!(setting && error.is_busy(), "{error:?}");
    Ok(())
}

#[tokio::test]
async fn constraints_are_told_apart() -> TestResult {
    let db = memory().await?;
    db.execute_batch(
        "CREATE TABLE t (v NOT NULL);
         CREATE TRIGGER never BEFORE DELETE ON t BEGIN SELECT RAISE(ABORT, 'never'); END;
         INSERT INTO t VALUES (1)",
    )
    .await?;
    for (sql, expected) in [
        (
            "INSERT INTO t VALUES (NULL)",
            SqliteErrorKind::NotNullViolation,
        ),
        ("DELETE FROM t", SqliteErrorKind::OtherConstraint),
    ] {
        let error = refusal(db.execute(sql, ()).await)?;
        assert_eq!(kind(&error), Some(expected), "{error:?}");
        assert!(error.is_constraint_violation() && !error.is_unique_violation());
    }
    Ok(())
}

#[tokio::test]
async fn a_database_that_may_not_grow_is_full() -> TestResult {
    let files = Files::new()?;
    let db = files.open().await?;
    let mut connection = db.connection().await?;
    connection.execute("CREATE TABLE t (v)", ()).await?;
    let _pages: i64 = connection
        .fetch_value("PRAGMA max_page_count = 3", ())
        .await?;
    let large = "INSERT INTO t VALUES (zeroblob(100000))";
    let error = refusal(connection.execute(large, ()).await)?;
    assert_eq!(kind(&error), Some(SqliteErrorKind::Full), "{error:?}");
    assert!(error.is_full() && !error.is_io() && !error.is_retryable());
    drop(connection);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_file_that_cannot_be_opened_is_an_error_of_the_system() -> TestResult {
    let files = Files::new()?;
    let db = AsyncDatabase::builder(files.db()).config(DbConfig::default());
    let db = db.connect().await?;
    let attach = "ATTACH '/no/such/directory/app.db' AS other";
    let error = refusal(db.execute(attach, ()).await)?;
    assert_eq!(kind(&error), Some(SqliteErrorKind::CannotOpen), "{error:?}");
    assert!(error.is_io() && error.is_retryable() && !error.is_full());
    Ok(())
}

/// A hook that has the handle can interrupt: the caller hears of it.
#[tokio::test]
async fn a_statement_that_is_interrupted_says_so() -> TestResult {
    let builder = crate::support::builder(":memory:").on_connect(|connection| {
        Box::pin(async move {
            connection
                .lock_handle()
                .await?
                .set_progress_handler(1_000, || false);
            sqlx::Connection::ping(connection).await?;
            Ok(())
        })
    });
    let db = builder.connect().await?;
    let error = refusal(db.execute(ENDLESS, ()).await)?;
    assert_eq!(
        kind(&error),
        Some(SqliteErrorKind::Interrupted),
        "{error:?}"
    );
    assert!(error.is_interrupted());
    Ok(())
}

/// A type that reads a column that is not there, and one that does not convert.
struct Odd;

impl FromRow for Odd {
    type Plan = ();

    fn plan(_: &Columns) -> Result<Self::Plan, RowError> {
        Ok(())
    }

    fn from_row(row: &Row<'_>, (): &Self::Plan) -> Result<Self, RowError> {
        let _small: u8 = row.get_via::<i64, u8>(0)?;
        row.get::<i64>(7).map(|_| Self)
    }
}

#[tokio::test]
async fn columns_that_are_not_there_or_do_not_convert_are_named() -> TestResult {
    let db = memory().await?;
    let row = |error| match error {
        DatabaseError::Statement(StatementError::Row(error)) => Ok(error),
        other => Err(other),
    };
    let error = row(refusal(
        db.fetch_all::<Odd>("SELECT 300 AS big", ()).await.map(drop),
    )?)?;
    assert!(
        matches!(&error, RowError::Convert { column, .. } if column == "big"),
        "{error:?}"
    );
    let error = row(refusal(
        db.fetch_all::<Odd>("SELECT 1", ()).await.map(drop),
    )?)?;
    assert!(
        matches!(error, RowError::NoSuchIndex { index: 7 }),
        "{error:?}"
    );
    Ok(())
}

#[tokio::test]
async fn a_record_of_migrations_that_says_failed_cannot_be_used() -> TestResult {
    static MIGRATIONS: Migrations = kstdb_core::migrate!();

    let db = memory().await?;
    db.migrate(&MIGRATIONS).await?;
    db.execute("UPDATE _sqlx_migrations SET success = FALSE", ())
        .await?;
    for error in [
        refusal(db.migrate(&MIGRATIONS).await)?,
        refusal(db.pending_migrations(&MIGRATIONS).await)?,
    ] {
        let record = matches!(error, DatabaseError::Migration(MigrationError::Record(_)));
        assert!(record && !error.is_retryable(), "{error:?}");
    }
    Ok(())
}

/// What SQLite said inside of a migration is heard by the questions, too.
#[tokio::test]
async fn a_migration_that_a_constraint_refuses_is_one_that_a_constraint_refused() -> TestResult {
    let files = Files::new()?;
    std::fs::create_dir(files.path("steps"))?;
    let sql = "CREATE TABLE t (v UNIQUE); INSERT INTO t VALUES (1), (1)";
    std::fs::write(files.path("steps/1_create_t.sql"), sql)?;
    let db = memory().await?;
    let migrations = Migrations::from_dir(files.path("steps")).await?;
    let error = refusal(db.migrate(&migrations).await)?;
    let failed = matches!(
        error,
        DatabaseError::Migration(MigrationError::Failed { .. })
    );
    assert!(failed, "{error:?}");
    assert!(error.is_unique_violation() && error.is_constraint_violation());
    assert!(!error.is_retryable() && !error.is_busy());
    Ok(())
}
