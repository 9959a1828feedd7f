//! Files that cannot be written and disks that are full: a typed error, and nothing has changed.
#![cfg(unix)]

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use kstdb_core::cipher::rusqlite::Connection;
use kstdb_core::error::{SqliteError, SqliteErrorKind};
use kstdb_core::maintenance::{MaintenanceError, MaintenanceOptions, decrypt};
use kstdb_core::{AsyncDatabase, DatabaseError, DbConfig};

use crate::support::{Files, TestResult, child, is_child, raw_key, refusal};

const FILE_VARIABLE: &str = "KSTDB_CORE_TEST_FILE";
const NOBODY: u32 = 65_534;
const ROWS: i64 = 10_000;

/// A database that is larger than the limits of this module, in a directory that others can enter.
async fn database() -> TestResult<Files> {
    let files = Files::new()?;
    let db = files.open().await?;
    let fill = "CREATE TABLE t AS WITH RECURSIVE n (i) AS
        (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) SELECT i, randomblob(500) b FROM n";
    db.execute(fill, ()).await?;
    db.close().await?;
    Ok(files)
}

async fn open(path: &Path) -> Result<AsyncDatabase, DatabaseError> {
    let builder = AsyncDatabase::builder(path).config(DbConfig::default());
    builder.key(raw_key(7)).connect().await
}

/// The file that a parent hands to its child.
#[expect(
    clippy::disallowed_methods,
    reason = "this is how the child is told its file"
)]
fn file() -> TestResult<PathBuf> {
    Ok(PathBuf::from(std::env::var(FILE_VARIABLE)?))
}

fn passes(mut child: Command, files: &Files) -> TestResult {
    let output = child.env(FILE_VARIABLE, files.db()).output()?;
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    if output.status.success() && stdout.contains("1 passed") {
        Ok(())
    } else {
        Err(format!("{stdout}{stderr}").into())
    }
}

async fn is_unchanged(files: &Files, before: &[u8]) -> TestResult {
    assert!(std::fs::read(files.db())? == before, "the file has changed");
    assert_eq!(files.dir().read_dir()?.count(), 1);
    let db = files.open().await?;
    let rows: i64 = db.fetch_value("SELECT count(*) FROM t", ()).await?;
    assert_eq!(rows, ROWS);
    Ok(db.close().await?)
}

#[tokio::test]
async fn a_directory_that_cannot_be_written_keeps_its_file() -> TestResult {
    const TEST: &str = "maintenance::limits::a_directory_that_cannot_be_written_keeps_its_file";
    if is_child(TEST) {
        let error = refusal(decrypt(file()?, raw_key(7), &MaintenanceOptions::new()).await)?;
        return match error {
            DatabaseError::Maintenance(MaintenanceError::ReadOnly { .. }) => Ok(()),
            other => Err(other.into()),
        };
    }
    let files = database().await?;
    // In WAL mode it could not even be read.
    let db = keyed(&files)?;
    db.execute_batch("PRAGMA journal_mode = DELETE")?;
    drop(db);
    let before = std::fs::read(files.db())?;
    let mut child = child(TEST)?;
    if files.dir().metadata()?.uid() == 0 {
        // Root writes everywhere.
        std::os::unix::fs::chown(files.db(), Some(NOBODY), Some(NOBODY))?;
        child.uid(NOBODY).gid(NOBODY);
    }
    let mode = |mode| std::fs::set_permissions(files.dir(), std::fs::Permissions::from_mode(mode));
    mode(0o555)?;
    let passed = passes(child, &files);
    mode(0o700)?;
    passed?;
    is_unchanged(&files, &before).await
}

#[tokio::test]
async fn a_database_of_a_group_that_its_owner_is_not_in_is_replaced() -> TestResult {
    const TEST: &str =
        "maintenance::limits::a_database_of_a_group_that_its_owner_is_not_in_is_replaced";
    const ROOTS_GROUP: u32 = 0;
    if is_child(TEST) {
        return Ok(decrypt(file()?, raw_key(7), &MaintenanceOptions::new()).await?);
    }
    let files = database().await?;
    if files.dir().metadata()?.uid() != 0 {
        // Only root can give a file to a group that its owner is not in.
        return Ok(());
    }
    std::os::unix::fs::chown(files.dir(), Some(NOBODY), Some(NOBODY))?;
    std::os::unix::fs::chown(files.db(), Some(NOBODY), Some(ROOTS_GROUP))?;
    let mut child = child(TEST)?;
    child.uid(NOBODY).gid(NOBODY);
    passes(child, &files)?;
    let found = files.db().metadata()?;
    assert_eq!((found.uid(), found.mode() & 0o777), (NOBODY, 0o600));
    Ok(())
}

fn keyed(files: &Files) -> TestResult<Connection> {
    use kstdb_core::cipher::{UnlockOptions, apply_derived_key, unlock};

    let options = UnlockOptions::new();
    let key = unlock(&files.db(), &raw_key(7), &options)?.derived;
    let sql = Connection::open(files.db())?;
    apply_derived_key(&sql, &key, options.profile)?;
    Ok(sql)
}

/// Less than the database, and more: a journal that ends when no page of the database is written
/// yet, and one that ends when some are.
const LIMITS_BLOCKS: [&str; 2] = ["512", "8192"];

/// The same test in a process whose files may not grow beyond so many blocks of 512 bytes.
fn in_little_space(test: &str, blocks: &str) -> TestResult<Command> {
    let inner = child(test)?;
    let mut command = Command::new("sh");
    command
        .args(["-c", "trap '' XFSZ; ulimit -f $1; shift; exec \"$@\""])
        .args(["sh", blocks])
        .arg(inner.get_program())
        .args(inner.get_args());
    for (name, value) in inner.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    Ok(command)
}

#[tokio::test]
async fn a_copy_that_does_not_fit_is_removed() -> TestResult {
    const TEST: &str = "maintenance::limits::a_copy_that_does_not_fit_is_removed";
    if is_child(TEST) {
        let error = refusal(decrypt(file()?, raw_key(7), &MaintenanceOptions::new()).await)?;
        let kind = error.sqlite().map(SqliteError::kind);
        assert!(
            matches!(kind, Some(SqliteErrorKind::Io | SqliteErrorKind::Full)),
            "{error:?}"
        );
        return Ok(());
    }
    let files = database().await?;
    for blocks in LIMITS_BLOCKS {
        passes(in_little_space(TEST, blocks)?, &files)?;
    }
    is_unchanged(&files, &std::fs::read(files.db())?).await
}

#[tokio::test]
async fn a_rekey_whose_journal_does_not_fit_keeps_the_old_key() -> TestResult {
    const TEST: &str = "maintenance::limits::a_rekey_whose_journal_does_not_fit_keeps_the_old_key";
    if is_child(TEST) {
        let db = open(&file()?).await?;
        match refusal(db.rekey(raw_key(8)).await)? {
            DatabaseError::Maintenance(MaintenanceError::KeyNotChanged { .. }) => {}
            other => return Err(other.into()),
        }
        let rows: i64 = db.fetch_value("SELECT count(*) FROM t", ()).await?;
        assert_eq!(rows, ROWS);
        return Ok(db.close().await?);
    }
    let files = database().await?;
    for blocks in LIMITS_BLOCKS {
        passes(in_little_space(TEST, blocks)?, &files)?;
    }
    is_unchanged(&files, &std::fs::read(files.db())?).await
}
