//! What SQLite and SQLCipher themselves say about a database, every row of it.

use rusqlite::Connection;

use super::BrokenReference;
use crate::error::{DatabaseError, SqliteError, SqliteErrorKind};
use crate::maintenance::MaintenanceError;
use crate::maintenance::failure::Failure;
use crate::maintenance::progress::Observer;

/// All faults, where SQLite would stop after a hundred.
const INTEGRITY: &str = "PRAGMA integrity_check(2147483647)";
const REFERENCES: &str = "PRAGMA foreign_key_check";
const CIPHER: &str = "PRAGMA cipher_integrity_check";

/// The faults of the b-trees, of indexes and of constraints.
pub(super) fn integrity(sql: &Connection) -> Result<Vec<String>, DatabaseError> {
    let mut faults = texts(sql, INTEGRITY)?;
    faults.retain(|fault| fault != "ok");
    Ok(faults)
}

/// Rows that refer to rows that are not there.
pub(super) fn references(sql: &Connection) -> Result<Vec<BrokenReference>, DatabaseError> {
    let mut broken = Vec::new();
    let looked = each_row(sql, REFERENCES, |row| {
        broken.push(BrokenReference {
            table: row.get(0)?,
            rowid: row.get(1)?,
            parent: row.get(2)?,
            constraint: row.get(3)?,
        });
        Ok(())
    });
    match looked {
        Ok(()) => Ok(broken),
        // Of a damaged database, which `integrity_check` has described.
        Err(error) if !is_stop(&error) => Ok(broken),
        Err(_) => Err(MaintenanceError::Stopped.into()),
    }
}

/// The pages that SQLCipher itself finds damaged. Of a file that others write to, a page can be in
/// the middle of being written: what counts is said twice.
pub(super) fn cipher(sql: &Connection) -> Result<Vec<String>, DatabaseError> {
    let mut faults = texts(sql, CIPHER)?;
    if !faults.is_empty() {
        let again = texts(sql, CIPHER)?;
        faults.retain(|fault| again.contains(fault));
    }
    Ok(faults)
}

/// Fails unless the b-trees are well formed.
pub(in crate::maintenance) fn quick_check(
    sql: &Connection,
    failure: Failure<'_>,
    observer: &Observer,
) -> Result<(), DatabaseError> {
    observer.watch(sql)?;
    match texts(sql, "PRAGMA quick_check(1)")?.first() {
        Some(answer) if answer == "ok" => Ok(()),
        answer => Err(failure.damaged(answer.map_or("no answer", String::as_str))),
    }
}

/// The first column of every row. A check that breaks off says so in its last row.
fn texts(sql: &Connection, check: &str) -> Result<Vec<String>, DatabaseError> {
    let mut texts = Vec::new();
    let asked = each_row(sql, check, |row| {
        texts.push(row.get(0)?);
        Ok(())
    });
    match asked {
        Ok(()) => {}
        Err(error) if is_stop(&error) => return Err(MaintenanceError::Stopped.into()),
        Err(error) => texts.push(format!("{check} broke off: {error}")),
    }
    Ok(texts)
}

fn each_row(
    sql: &Connection,
    check: &str,
    mut see: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<()>,
) -> Result<(), SqliteError> {
    let mut look = || -> rusqlite::Result<()> {
        let mut statement = sql.prepare(check)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            see(row)?;
        }
        Ok(())
    };
    look().map_err(SqliteError::of)
}

fn is_stop(error: &SqliteError) -> bool {
    error.kind() == SqliteErrorKind::Interrupted
}
