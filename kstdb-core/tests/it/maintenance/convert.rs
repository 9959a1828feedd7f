//! Encryption on and off: everything is kept, or nothing is done.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use kstdb_core::cipher::rusqlite::{self, Connection};
use kstdb_core::cipher::{
    DerivedKey, FileState, UnlockOptions, apply_derived_key, inspect, unlock,
};
use kstdb_core::maintenance::{MaintenanceError, MaintenanceOptions, Step, decrypt, encrypt};
use kstdb_core::{DatabaseConnectionError, DatabaseError, EncryptionError};

use super::everything::{plaintext, told};
use crate::support::{
    Files, TestResult, builder, chain, damage_last_page, poll_times, raw_key, refusal,
};

/// Opens an encrypted file on a connection of its own.
fn keyed(path: &Path, byte: u8) -> TestResult<Connection> {
    let options = UnlockOptions::new();
    let key: DerivedKey = unlock(path, &raw_key(byte), &options)?.derived;
    let sql = Connection::open(path)?;
    apply_derived_key(&sql, &key, options.profile)?;
    Ok(sql)
}

#[tokio::test]
async fn everything_is_kept_there_and_back() -> TestResult {
    let settings = [
        "PRAGMA page_size = 4096",
        "PRAGMA page_size = 1024; PRAGMA auto_vacuum = INCREMENTAL",
        "PRAGMA page_size = 65536; PRAGMA auto_vacuum = FULL; PRAGMA encoding = 'UTF-16le'",
        "PRAGMA encoding = 'UTF-16be'",
    ];
    for settings in settings {
        let files = Files::new()?;
        plaintext(&files.db(), settings)?;
        let before = told(&Connection::open(files.db())?)?;
        assert!(before.len() > 1000);

        encrypt(files.db(), raw_key(1), &MaintenanceOptions::new()).await?;
        assert!(inspect(&files.db())?.state.is_opaque());
        let sql = keyed(&files.db(), 1)?;
        assert!(told(&sql)? == before, "encrypted: {settings}");
        let mode: String = sql.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
        assert_eq!(mode, "wal");
        drop(sql);

        decrypt(files.db(), raw_key(1), &MaintenanceOptions::new()).await?;
        let state = inspect(&files.db())?.state;
        assert_eq!(
            state,
            FileState::Plaintext {
                page_size_bytes: 4096
            }
        );
        assert_eq!(std::fs::read(files.db())?[20], 0, "reserved bytes");
        assert!(
            told(&Connection::open(files.db())?)? == before,
            "decrypted: {settings}"
        );
        assert_eq!(files.dir().read_dir()?.count(), 1);
    }
    Ok(())
}

/// A database of one table, unencrypted.
fn small(files: &Files) -> TestResult {
    let sql = Connection::open(files.db())?;
    sql.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (n); INSERT INTO t VALUES (1)")?;
    Ok(())
}

/// Options that wait for nobody.
fn impatient() -> MaintenanceOptions {
    MaintenanceOptions::new().busy_timeout(Duration::from_millis(20))
}

/// Why it was refused; the directory has the one file as it was.
async fn refused(files: &Files, options: &MaintenanceOptions) -> TestResult<DatabaseError> {
    let before = told_small(files)?;
    let error = refusal(encrypt(files.db(), raw_key(1), options).await)?;
    assert_eq!(told_small(files)?, before);
    assert!(!files.path(".app.db.kstdb-new").exists());
    Ok(error)
}

fn told_small(files: &Files) -> TestResult<Vec<String>> {
    let sql = Connection::open(files.db())?;
    let mut rows = sql.prepare("SELECT typeof(n) || quote(n) FROM t")?;
    let rows = rows.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[tokio::test]
async fn a_file_that_is_open_elsewhere_is_left_alone() -> TestResult {
    let files = Files::new()?;
    small(&files)?;
    // In WAL mode SQLite knows of everybody who has the file open, also of those who do nothing.
    let idle = Connection::open(files.db())?;
    idle.query_row("SELECT count(*) FROM t", [], |_| Ok(()))?;
    assert!(refused(&files, &impatient()).await?.is_busy());
    // And in the other modes of everybody who reads.
    idle.execute_batch("PRAGMA journal_mode = DELETE; BEGIN; SELECT * FROM t")?;
    let reading = idle.query_row("SELECT count(*) FROM t", [], |_| Ok(()));
    reading?;
    assert!(refused(&files, &impatient()).await?.is_busy());
    drop(idle);
    encrypt(files.db(), raw_key(1), &impatient()).await?;
    Ok(())
}

#[tokio::test]
async fn who_has_the_old_file_open_can_neither_read_nor_write_it() -> TestResult {
    let files = Files::new()?;
    small(&files)?;
    // Without a lock nobody knows of it.
    let idle = Connection::open(files.db())?;
    idle.execute_batch("PRAGMA journal_mode = DELETE")?;
    idle.query_row("SELECT count(*) FROM t", [], |_| Ok(()))?;
    encrypt(files.db(), raw_key(1), &impatient()).await?;

    let db = builder(files.db()).key(raw_key(1)).connect().await?;
    db.execute("INSERT INTO t VALUES (2)", ()).await?;
    // The new database has a log, which must not become that of the old file.
    let code = |result: rusqlite::Result<()>| result.err().and_then(|e| e.sqlite_error_code());
    let read = idle.query_row("SELECT count(*) FROM t", [], |_| Ok(()));
    assert_eq!(code(read), Some(rusqlite::ErrorCode::NotADatabase));
    let written = idle.execute("INSERT INTO t VALUES (3)", []).map(drop);
    assert_eq!(code(written), Some(rusqlite::ErrorCode::NotADatabase));
    drop(idle);
    db.execute("INSERT INTO t VALUES (4)", ()).await?;
    db.close().await?;
    let db = builder(files.db()).key(raw_key(1)).connect().await?;
    let sum: i64 = db.fetch_value("SELECT sum(n) FROM t", ()).await?;
    assert_eq!(sum, 7);
    Ok(())
}

#[tokio::test]
async fn a_listener_stops_it_at_any_step() -> TestResult {
    for step in [Step::Copy, Step::Compare] {
        let files = Files::new()?;
        small(&files)?;
        let options = impatient().on_progress(move |progress| {
            if progress.step == step {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        let error = refused(&files, &options).await?;
        let stopped = matches!(error, DatabaseError::Maintenance(MaintenanceError::Stopped));
        assert!(stopped, "{step:?}: {error:?}");
        // Whoever does not stop can try again.
        encrypt(files.db(), raw_key(1), &impatient()).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_dropped_future_leaves_the_old_file_or_the_new_one() -> TestResult {
    let files = Files::new()?;
    plaintext(&files.db(), "")?;
    let options = impatient();
    let dropped = poll_times(1, encrypt(files.db(), raw_key(1), &options)).await;
    assert!(dropped.is_none());
    // It has the file for itself until it has stopped.
    let mut tries = 0;
    loop {
        match encrypt(files.db(), raw_key(1), &options).await {
            Ok(()) => break,
            Err(error) if error.is_busy() && tries < 500 => tries += 1,
            Err(error) => return Err(error.into()),
        }
    }
    keyed(&files.db(), 1)?;
    assert_eq!(files.dir().read_dir()?.count(), 1);
    Ok(())
}

#[tokio::test]
async fn a_schema_that_only_its_application_understands_is_refused() -> TestResult {
    let files = Files::new()?;
    let sql = Connection::open(files.db())?;
    // As a program with a collation of its own would leave it.
    sql.execute_batch(
        "CREATE TABLE t (n TEXT); INSERT INTO t VALUES ('a'); CREATE INDEX by_n ON t (n);
         PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = 'CREATE INDEX by_n ON t (n COLLATE mine)' WHERE name = 'by_n'",
    )?;
    drop(sql);
    let error = refused(&files, &impatient()).await?;
    assert!(chain(&error).contains("mine"), "{error:?}");
    Ok(())
}

#[tokio::test]
async fn a_table_that_cannot_be_made_anew_is_named() -> TestResult {
    let files = Files::new()?;
    let sql = Connection::open(files.db())?;
    sql.execute_batch(
        "CREATE TABLE t (n TEXT); PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = 'CREATE TABLE t (n TEXT COLLATE mine)'",
    )?;
    drop(sql);
    let error = refused(&files, &impatient()).await?;
    let named = matches!(
        &error,
        DatabaseError::Maintenance(MaintenanceError::Schema { object, .. })
            if object == "table \"t\""
    );
    assert!(named, "{error:?}");
    Ok(())
}

#[tokio::test]
async fn a_damaged_database_is_not_copied() -> TestResult {
    let files = Files::new()?;
    let db = builder(files.db()).key(raw_key(1)).connect().await?;
    let fill = "CREATE TABLE t AS WITH RECURSIVE i (n) AS
        (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 100) SELECT n, randomblob(9000) b FROM i";
    db.execute(fill, ()).await?;
    db.close().await?;
    damage_last_page(&files.db())?;
    let before = std::fs::read(files.db())?;
    let error = refusal(decrypt(files.db(), raw_key(1), &impatient()).await)?;
    assert!(error.is_corrupt() || error.sqlite().is_some(), "{error:?}");
    assert!(std::fs::read(files.db())?.len() == before.len());
    assert!(inspect(&files.db())?.state.is_opaque());
    assert!(!files.path(".app.db.kstdb-new").exists());
    Ok(())
}

#[tokio::test]
async fn what_is_not_what_it_should_be_is_refused() -> TestResult {
    let files = Files::new()?;
    let options = impatient();
    let missing = refusal(encrypt(files.db(), raw_key(1), &options).await)?;
    assert!(matches!(
        missing,
        DatabaseError::Connection(DatabaseConnectionError::NotFound { .. })
    ));
    small(&files)?;
    let plain = refusal(decrypt(files.db(), raw_key(1), &options).await)?;
    assert!(matches!(
        plain,
        DatabaseError::Encryption(EncryptionError::PlaintextFile { .. })
    ));
    encrypt(files.db(), raw_key(1), &options).await?;
    let twice = refusal(encrypt(files.db(), raw_key(1), &options).await)?;
    assert!(matches!(
        twice,
        DatabaseError::Maintenance(MaintenanceError::AlreadyEncrypted { .. })
    ));
    assert!(refusal(decrypt(files.db(), raw_key(2), &options).await)?.is_wrong_key());
    let memory = refusal(encrypt(":memory:", raw_key(1), &options).await)?;
    assert!(matches!(
        memory,
        DatabaseError::Maintenance(MaintenanceError::InMemory)
    ));
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn the_new_file_is_for_its_owner_alone_and_keeps_a_link_to_it() -> TestResult {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    let files = Files::new()?;
    small(&files)?;
    std::fs::set_permissions(files.db(), std::fs::Permissions::from_mode(0o644))?;
    let link = files.path("link.db");
    symlink(files.db(), &link)?;
    refusal(encrypt(&link, raw_key(1), &impatient()).await)?;
    encrypt(&link, raw_key(1), &impatient().follow_symlinks(true)).await?;
    assert!(link.symlink_metadata()?.is_symlink());
    assert_eq!(files.db().metadata()?.permissions().mode() & 0o777, 0o600);
    keyed(&files.db(), 1)?;
    std::fs::hard_link(files.db(), files.path("second.db"))?;
    let error = refusal(decrypt(files.db(), raw_key(1), &impatient()).await)?;
    assert!(matches!(
        error,
        DatabaseError::Encryption(EncryptionError::HardLink { .. })
    ));
    Ok(())
}
