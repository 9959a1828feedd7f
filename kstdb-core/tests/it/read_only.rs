//! Databases that are opened for reading only, and files that cannot be written.

use std::fs;

use kstdb_core::cipher::rusqlite::Connection;
use kstdb_core::error::{
    DatabaseConnectionError, SqliteErrorKind, StatementError, TransactionError,
};
use kstdb_core::migrate::Migrations;
use kstdb_core::{
    AsyncDatabase, DatabaseBuilder, DatabaseError, DbConfig, OpenMode, apply_cipher_key,
    is_sqlcipher_available,
};

use crate::support::{Files, TestResult, raw_key, refusal};

const FILL: &str = "CREATE TABLE t (v); INSERT INTO t VALUES (1), (2)";
const BOTH: [OpenMode; 2] = [OpenMode::ReadOnly, OpenMode::Immutable];

/// A database that another program made, with a rollback journal; and how it is opened.
fn rollback_mode(files: &Files, encrypted: bool) -> TestResult<DatabaseBuilder> {
    let connection = Connection::open(files.db())?;
    if encrypted {
        apply_cipher_key(&connection, &raw_key(7))?;
    }
    connection.execute_batch(FILL)?;
    let builder = AsyncDatabase::builder(files.db()).config(DbConfig::default());
    Ok(match encrypted {
        true => builder.key(raw_key(7)),
        false => builder,
    })
}

async fn sum(db: &AsyncDatabase) -> Result<i64, DatabaseError> {
    db.fetch_value("SELECT sum(v) FROM t", ()).await
}

/// The names in a directory.
fn names(files: &Files) -> TestResult<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(files.dir())? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    Ok(names)
}

#[tokio::test]
async fn a_reader_leaves_the_journal_mode_and_every_byte_as_they_are() -> TestResult {
    for encrypted in [false, is_sqlcipher_available()] {
        for mode in BOTH {
            let files = Files::new()?;
            let builder = rollback_mode(&files, encrypted)?;
            let before = fs::read(files.db())?;
            let db = builder.open_mode(mode).connect().await?;
            assert_eq!(sum(&db).await?, 3);
            let journal: String = db.fetch_value("PRAGMA journal_mode", ()).await?;
            assert_eq!(journal, "delete");
            db.close().await?;
            assert!(fs::read(files.db())? == before, "{mode:?}");
            assert_eq!(names(&files)?, ["app.db"], "{mode:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_last_reader_leaves_no_log_behind() -> TestResult {
    let files = Files::new()?;
    let db = files.open().await?;
    db.execute_batch(FILL).await?;
    db.close().await?;
    let before = fs::read(files.db())?;
    let db = files.builder().open_mode(OpenMode::ReadOnly);
    let db = db.connect().await?;
    assert_eq!(sum(&db).await?, 3);
    db.close().await?;
    assert!(fs::read(files.db())? == before);
    assert_eq!(names(&files)?, ["app.db"]);
    Ok(())
}

#[tokio::test]
async fn whatever_writes_is_refused_by_name() -> TestResult {
    let files = Files::new()?;
    let db = files.open().await?;
    db.execute_batch(FILL).await?;
    db.close().await?;
    for mode in BOTH {
        let db = files.builder().open_mode(mode).connect().await?;
        for sql in [
            "INSERT INTO t VALUES (3)",
            "CREATE TABLE u (v)",
            "PRAGMA user_version = 7",
        ] {
            let error = refusal(db.execute(sql, ()).await)?;
            let kind = error.sqlite().map(|sqlite| sqlite.kind());
            assert_eq!(kind, Some(SqliteErrorKind::ReadOnly), "{sql}: {error:?}");
            assert!(!error.is_retryable());
        }
        for sql in [
            "PRAGMA query_only = OFF",
            "PRAGMA journal_mode = DELETE",
            "VACUUM",
        ] {
            let error = refusal(db.execute(sql, ()).await)?;
            let refused = matches!(
                error,
                DatabaseError::Statement(StatementError::Refused { .. })
            );
            assert!(refused, "{sql}: {error:?}");
        }
        for error in [
            refusal(db.begin().await)?,
            refusal(db.write(|_| Ok::<_, DatabaseError>(())).await)?,
        ] {
            let read_only = matches!(
                &error,
                DatabaseError::Transaction(TransactionError::Begin(sqlite))
                    if sqlite.kind() == SqliteErrorKind::ReadOnly
            );
            assert!(read_only, "{error:?}");
        }
        static MIGRATIONS: Migrations = kstdb_core::migrate!();
        refusal(db.migrate(&MIGRATIONS).await)?;
        assert_eq!(sum(&db).await?, 3);
        db.close().await?;
    }
    assert_eq!(names(&files)?, ["app.db"]);
    Ok(())
}

#[tokio::test]
async fn a_reader_creates_nothing() -> TestResult {
    let files = Files::new()?;
    for mode in BOTH {
        let error = refusal(files.builder().open_mode(mode).connect().await)?;
        let missing = matches!(
            error,
            DatabaseError::Connection(DatabaseConnectionError::NotFound { .. })
        );
        assert!(missing, "{error:?}");
    }
    assert!(names(&files)?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_file_that_is_not_the_whole_database_is_not_read_alone() -> TestResult {
    let files = Files::new()?;
    let writer = files.open().await?;
    writer.execute_batch(FILL).await?;
    let alone = files.builder().open_mode(OpenMode::Immutable);
    let error = refusal(alone.connect().await)?;
    let unusable = matches!(
        error,
        DatabaseError::Connection(DatabaseConnectionError::UnusablePath { .. })
    );
    assert!(unusable, "{error:?}");
    writer.close().await?;
    Ok(())
}

#[cfg(feature = "sqlcipher")]
#[tokio::test]
async fn a_reader_keeps_the_key_of_the_file() -> TestResult {
    use kstdb_core::maintenance::MaintenanceError;

    let files = Files::new()?;
    files.open().await?.close().await?;
    let db = files.builder().open_mode(OpenMode::ReadOnly);
    let db = db.connect().await?;
    let error = refusal(db.rekey(raw_key(8)).await)?;
    let read_only = matches!(
        error,
        DatabaseError::Maintenance(MaintenanceError::ReadOnly { .. })
    );
    assert!(read_only, "{error:?}");
    db.close().await?;
    files.open().await?.close().await?;
    Ok(())
}

/// For a process that is not root.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_cannot_be_written_can_be_read() -> TestResult {
    use std::os::unix::fs::PermissionsExt as _;

    use crate::support::{is_child, unprivileged};

    const NAME: &str = "read_only::what_cannot_be_written_can_be_read";
    if !is_child(NAME) {
        let output = unprivileged(NAME)?.output()?;
        let stdout = String::from_utf8_lossy(&output.stdout);
        let stderr = String::from_utf8_lossy(&output.stderr);
        let passed = output.status.success() && stdout.contains("1 passed");
        assert!(passed, "{stdout}{stderr}");
        return Ok(());
    }
    let seal = |files: &Files, file: u32, directory: u32| {
        fs::set_permissions(files.db(), fs::Permissions::from_mode(file))?;
        fs::set_permissions(files.dir(), fs::Permissions::from_mode(directory))
    };
    let open = async |builder: DatabaseBuilder, mode| {
        let db = builder.open_mode(mode).connect().await?;
        let read = sum(&db).await;
        db.close().await?;
        read
    };
    // With a rollback journal, in a directory that cannot be written and in one that can.
    for (file, directory) in [(0o600, 0o500), (0o400, 0o500), (0o400, 0o700)] {
        let files = Files::new()?;
        drop(rollback_mode(&files, is_sqlcipher_available())?);
        seal(&files, file, directory)?;
        for mode in BOTH {
            assert_eq!(open(files.builder(), mode).await?, 3);
        }
        seal(&files, 0o600, 0o700)?;
    }
    // In WAL mode the log cannot be created: that is no matter of time, and is said at once.
    let files = Files::new()?;
    let db = files.open().await?;
    db.execute_batch(FILL).await?;
    db.close().await?;
    seal(&files, 0o400, 0o500)?;
    let error = refusal(open(files.builder(), OpenMode::ReadOnly).await)?;
    assert!(!error.is_retryable(), "{error:?}");
    assert_eq!(open(files.builder(), OpenMode::Immutable).await?, 3);
    seal(&files, 0o600, 0o700)?;
    Ok(())
}
