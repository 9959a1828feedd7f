//! Two processes that write one file: refused where the SQLite of the second one cannot bear it.
#![expect(
    clippy::print_stdout,
    reason = "the parent waits until the child has written"
)]

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Stdio};
use std::time::Duration;

use kstdb_core::{DatabaseConnectionError, DatabaseError, cipher};

use crate::support::{Files, TestResult, builder, child, is_child, refusal};

const CHILD: &str = "several_writers::a_process_that_writes";
const VARIABLE: &str = "KSTDB_CORE_TEST_FILE";
const WRITTEN: &str = "it has written";
const INSERT: &str = "INSERT INTO t VALUES (1)";

/// What the other process does: it writes, and then keeps the database open.
#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "this is how the child learns its file"
)]
async fn a_process_that_writes() -> TestResult {
    if !is_child(CHILD) {
        return Ok(());
    }
    let db = builder(std::env::var(VARIABLE)?).connect().await?;
    db.execute(INSERT, ()).await?;
    println!("{WRITTEN}");
    std::io::stdin().read_to_end(&mut Vec::new())?;
    db.close().await?;
    Ok(())
}

fn start(files: &Files) -> TestResult<Child> {
    let mut other = child(CHILD)?
        .env(VARIABLE, files.db())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let lines = BufReader::new(other.stdout.take().ok_or("no output")?).lines();
    for line in lines {
        if line?.contains(WRITTEN) {
            return Ok(other);
        }
    }
    Err("the other process did not write".into())
}

fn is_refused(error: &DatabaseError) -> bool {
    let refused = DatabaseError::Connection(DatabaseConnectionError::WritersElsewhere {
        path: std::path::PathBuf::new(),
    });
    error.is_busy()
        && error.is_retryable()
        && std::mem::discriminant(error) == std::mem::discriminant(&refused)
}

#[tokio::test]
async fn a_second_process_may_read_and_writes_only_where_that_is_safe() -> TestResult {
    let files = Files::new()?;
    let db = files.open().await?;
    db.execute("CREATE TABLE t (n)", ()).await?;
    db.close().await?;
    let mut other = start(&files)?;

    let impatient = files.builder().busy_timeout(Duration::ZERO);
    let db = impatient.connect().await?;
    let rows: i64 = db.fetch_value("SELECT count(*) FROM t", ()).await?;
    assert_eq!(rows, 1);
    let written = [
        db.execute(INSERT, ()).await.map(drop),
        db.write(|tx| tx.execute(INSERT, ()).map(drop)).await,
        db.begin().await.map(drop),
    ];
    for written in written {
        if cipher::library().wal_reset_fixed {
            written?;
        } else {
            let error = refusal(written)?;
            assert!(is_refused(&error), "{error:?}");
        }
    }
    // Whoever says so may.
    let allowed = files.builder().allow_several_writing_processes(true);
    let allowed = allowed.connect().await?;
    allowed.execute(INSERT, ()).await?;
    allowed.close().await?;

    // A crash gives the right up.
    other.kill()?;
    other.wait()?;
    db.execute(INSERT, ()).await?;
    // Another pool of this process shares it, also when the first one is closed.
    let second = files.open().await?;
    second.execute(INSERT, ()).await?;
    db.close().await?;
    second.execute(INSERT, ()).await?;
    second.close().await?;
    assert_eq!(names(&files)?, ["app.db"]);
    Ok(())
}

#[tokio::test]
async fn what_a_crash_leaves_of_the_lock_is_removed_by_the_next_opening() -> TestResult {
    let files = Files::new()?;
    files.open().await?.close().await?;
    std::fs::write(files.path("app.db-writer-lock"), "")?;
    files.open().await?.close().await?;
    assert_eq!(names(&files)?, ["app.db"]);
    Ok(())
}

fn names(files: &Files) -> std::io::Result<Vec<std::ffi::OsString>> {
    let entries = std::fs::read_dir(files.dir())?;
    let mut names: Vec<_> = entries
        .map(|entry| entry.map(|entry| entry.file_name()))
        .collect::<Result<_, _>>()?;
    names.sort();
    Ok(names)
}
