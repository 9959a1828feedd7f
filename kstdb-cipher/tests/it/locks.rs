//! Looking at a file must not drop the locks that this process holds on it.
#![cfg(unix)]

use std::time::Duration;

use kstdb_cipher::rusqlite::{Connection, ErrorCode};
use kstdb_cipher::{FileState, inspect};

use crate::support::{TestResult, child, is_child};

const PATH_VARIABLE: &str = "KSTDB_CIPHER_TEST_DB";
const CHILD: &str = "locks::another_process_tries_to_write";

/// Says whether another process finds the database locked.
fn is_locked(path: &std::path::Path) -> Result<bool, Box<dyn std::error::Error>> {
    let output = child(CHILD)?.env(PATH_VARIABLE, path).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    Ok(text.contains("database is locked"))
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the parent says which database to try"
)]
#[expect(clippy::print_stdout, reason = "the parent reads it")]
fn another_process_tries_to_write() -> TestResult {
    if !is_child(CHILD) {
        return Ok(());
    }
    let connection = Connection::open(std::env::var_os(PATH_VARIABLE).ok_or("no path")?)?;
    connection.busy_timeout(Duration::ZERO)?;
    match connection.execute_batch("BEGIN IMMEDIATE") {
        Ok(()) => println!("database is free"),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
            println!("database is locked");
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

#[test]
fn inspecting_a_file_keeps_the_locks_of_this_process() -> TestResult {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("app.db");
    let connection = Connection::open(&path)?;
    connection.execute_batch("PRAGMA journal_mode = DELETE; CREATE TABLE t (a)")?;
    assert!(!is_locked(&path)?);

    connection.execute_batch("BEGIN IMMEDIATE")?;
    for _ in 0..3 {
        assert!(matches!(inspect(&path)?.state, FileState::Plaintext { .. }));
    }
    assert!(is_locked(&path)?);

    // The control: this is what reading the file in the usual way would have done.
    drop(std::fs::File::open(&path)?);
    assert!(!is_locked(&path)?);
    Ok(())
}
