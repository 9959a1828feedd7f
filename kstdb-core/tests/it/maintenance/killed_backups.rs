//! `kill -9` at any moment of a backup and a restore: no acknowledged row is lost, a final name is
//! whole or as it was, nothing is in clear, and the next run tidies up.
#![cfg(unix)]
#![expect(
    clippy::print_stdout,
    reason = "the parent reads what the worker says, and a person the counts"
)]

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use kstdb_core::cipher::rusqlite::Connection;
use kstdb_core::cipher::rusqlite::config::DbConfig as Switch;
use kstdb_core::cipher::{
    CipherCompatibility, DerivedKey, PageCheck, UnlockOptions, apply_derived_key, check_pages,
    unlock,
};
use kstdb_core::maintenance::{BackupOptions, MaintenanceOptions, restore};
use kstdb_core::{AsyncDatabase, DatabaseError};

use super::killing::{BEGUN, DONE, Ended, Moments, Worker, contents, nothing_in_clear};
use crate::support::{Files, TestResult, builder, child, is_child, raw_key};

const WORKER: &str = "maintenance::killed_backups::worker";
const DIR_VARIABLE: &str = "KSTDB_CORE_TEST_DIR";
const WORK_VARIABLE: &str = "KSTDB_CORE_TEST_WORK";
const ACKNOWLEDGED: &str = "row ";

const ROWS: i64 = 3_000;
/// In every row: it must not be in any file.
const SENTINEL: &str = "sentinel-in-clear";
const FILL: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY, v, b);
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
    INSERT INTO t SELECT i, 'sentinel-in-clear ' || i, randomblob(700) FROM n";

/// A database of some megabytes, closed.
async fn filled(files: &Files) -> TestResult {
    let db = files.open().await?;
    db.execute_batch(FILL).await?;
    db.close().await?;
    Ok(())
}

fn derived(path: &Path) -> TestResult<DerivedKey> {
    Ok(unlock(path, &raw_key(7), &UnlockOptions::new())?.derived)
}

/// The least and the last row of a file, which must open, be sound and have every row in between.
fn rows(path: &Path) -> TestResult<(i64, i64)> {
    let key = derived(path)?;
    let report = check_pages(path, &key, &PageCheck::new(), &|_, _| {
        ControlFlow::Continue(())
    })?;
    if !report.is_sound() {
        return Err(format!("damaged: {:?}", report.damaged).into());
    }
    let sql = Connection::open(path)?;
    apply_derived_key(&sql, &key, CipherCompatibility::V4)?;
    let check: String = sql.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    let all = "SELECT min(id), max(id), count(*) FROM t";
    let (first, last, count): (i64, i64, i64) =
        sql.query_row(all, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    if check != "ok" || count != last - first + 1 {
        return Err(format!("{check}: {count} rows from {first} to {last}").into());
    }
    Ok((first, last))
}

/// Starts a worker.
fn start(work: &str, dir: &Path) -> TestResult<Worker> {
    let mut command = child(WORKER)?;
    command.env(DIR_VARIABLE, dir);
    Worker::start(command.env(WORK_VARIABLE, work))
}

/// The last row that a worker acknowledged.
fn acknowledged(ended: &Ended) -> i64 {
    let lines = ended.said.lines();
    let rows = lines.filter_map(|line| line.strip_prefix(ACKNOWLEDGED));
    rows.filter_map(|row| row.parse().ok()).max().unwrap_or(0)
}

/// Kills workers at random moments, with a look after each. The first and the last come to their end.
fn kills(work: &str, dir: &Path, mut look: impl FnMut(i64) -> TestResult) -> TestResult {
    let ended = start(work, dir)?.end()?;
    look(acknowledged(&ended))?;
    let mut moments = Moments::new(ended.took)?;
    while let Some(delay) = moments.next()? {
        let mut cycle = || {
            let ended = start(work, dir)?.kill(|at_work| at_work >= delay)?;
            nothing_in_clear(dir, SENTINEL, |_| true)?;
            look(acknowledged(&ended))?;
            TestResult::Ok(ended)
        };
        let ended =
            cycle().map_err(|error| format!("{} after {delay:?}: {error}", moments.name(work)));
        moments.learn(delay, &ended?);
    }
    println!("{work}: {}", moments.counts());
    look(acknowledged(&start(work, dir)?.end()?))
}

#[tokio::test]
async fn a_killed_backup_is_whole_or_not_there() -> TestResult {
    let files = Files::in_memory()?;
    filled(&files).await?;
    let backup = files.path("b.db");
    let (mut last, mut in_backup, mut made) = (ROWS, 0, 0);
    kills("backup", files.dir(), |acknowledged| {
        last = last.max(acknowledged);
        let (first, found) = rows(&files.db())?;
        if first != 1 || found < last {
            return Err(format!("lost: {found} of {last} rows").into());
        }
        if backup.exists() {
            let (first, found) = rows(&backup)?;
            if first != 1 || found < in_backup {
                return Err(format!("the backup has {found} rows, and had {in_backup}").into());
            }
            made += u32::from(found > in_backup);
            in_backup = found;
        }
        Ok(())
    })?;
    assert!(made > 1, "{made} backups were replaced");
    builder(files.db()).connect().await?.close().await?;
    let names: Vec<_> = contents(files.dir())?
        .into_iter()
        .map(|(path, _)| path)
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
    Ok(())
}

#[tokio::test]
async fn a_killed_restore_leaves_the_old_database_or_the_backup() -> TestResult {
    let files = Files::in_memory()?;
    filled(&files).await?;
    // The backup has no row 1, and ends before the database does.
    let db = files.open().await?;
    db.execute("DELETE FROM t WHERE id = 1", ()).await?;
    db.backup(files.path("b.db")).await?;
    db.execute("INSERT INTO t (id) VALUES (1)", ()).await?;
    db.close().await?;
    let original = std::fs::read(files.db())?;
    let (mut old, mut restored) = (0, 0);
    let mut expected = leave_a_row(&files.db())?;
    kills("restore", files.dir(), |_| {
        match rows(&files.db())? {
            (2, ROWS) => {
                restored += 1;
                // Begin again with the old database.
                std::fs::write(files.db(), &original)?;
            }
            (1, last) if last == expected => old += 1,
            found => return Err(format!("rows {found:?}, expected to {expected}").into()),
        }
        expected = leave_a_row(&files.db())?;
        Ok(())
    })?;
    assert!(old > 0 && restored > 1, "{old} old, {restored} restored");
    builder(files.db()).connect().await?.close().await?;
    let names: Vec<_> = contents(files.dir())?
        .into_iter()
        .map(|(path, _)| path)
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
    Ok(())
}

/// Commits one more row, which stays in the write-ahead log, and gives its number.
fn leave_a_row(path: &Path) -> TestResult<i64> {
    let sql = Connection::open(path)?;
    apply_derived_key(&sql, &derived(path)?, CipherCompatibility::V4)?;
    sql.set_db_config(Switch::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    sql.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    sql.execute_batch("INSERT INTO t (v) VALUES ('sentinel-in-clear')")?;
    Ok(sql.last_insert_rowid())
}

/// What the tests above kill. By itself it does nothing.
#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "this is how the worker is told its work"
)]
async fn worker() -> TestResult {
    if !is_child(WORKER) {
        return Ok(());
    }
    let dir = PathBuf::from(std::env::var(DIR_VARIABLE)?);
    let (path, target) = (dir.join("app.db"), dir.join("b.db"));
    if std::env::var(WORK_VARIABLE)? == "restore" {
        println!("{BEGUN}");
        let key = Some(raw_key(7).into());
        restore(target, path, key, &MaintenanceOptions::new()).await?;
        println!("{DONE}");
        return Ok(());
    }
    let db = builder(path).connect().await?;
    println!("{BEGUN}");
    let options = BackupOptions::new().overwrite(true);
    tokio::select! {
        made = db.backup_with(&target, &options) => drop(made?),
        written = write(&db) => written?,
    }
    println!("{DONE}");
    db.close().await?;
    Ok(())
}

/// Commits rows and says so, for ever.
async fn write(db: &AsyncDatabase) -> Result<(), DatabaseError> {
    loop {
        let insert = "INSERT INTO t (v) VALUES ('sentinel-in-clear') RETURNING id";
        let row: i64 = db.fetch_value(insert, ()).await?;
        println!("{ACKNOWLEDGED}{row}");
    }
}
