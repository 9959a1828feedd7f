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
const QUICK: &str = "PRAGMA quick_check(1)";
const CIPHER: &str = "PRAGMA cipher_integrity_check";

const REFUSED_BY_THE_SYSTEM: [SqliteErrorKind; 3] = [
    SqliteErrorKind::Io,
    SqliteErrorKind::Full,
    SqliteErrorKind::CannotOpen,
];

/// The faults of the b-trees, of indexes and of constraints.
pub(super) fn integrity(sql: &Connection) -> Result<Vec<String>, DatabaseError> {
    let mut faults = texts(sql, INTEGRITY)?;
    faults.retain(|fault| fault != "ok");
    Ok(faults)
}

/// Rows that refer to rows that are not there. If SQLite cannot look, because a key refers to what
/// cannot be referred to or because of damage, `faults` is told so.
pub(super) fn references(
    sql: &Connection,
    faults: &mut Vec<String>,
) -> Result<Vec<BrokenReference>, DatabaseError> {
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
    faults.extend(break_off(REFERENCES, looked)?);
    Ok(broken)
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

/// Fails unless the b-trees are well formed. The pages are known to be authentic: what the system
/// refuses is no damage.
pub(in crate::maintenance) fn quick_check(
    sql: &Connection,
    failure: Failure<'_>,
    observer: &Observer,
) -> Result<(), DatabaseError> {
    observer.watch(sql)?;
    let mut answer = None;
    let asked = each_row(sql, QUICK, |row| {
        answer = Some(row.get(0)?);
        Ok(())
    });
    if let Err(source) = &asked
        && REFUSED_BY_THE_SYSTEM.contains(&source.kind())
    {
        let context = "check the new file";
        let source = source.clone();
        return Err(MaintenanceError::Sqlite { context, source }.into());
    }
    match break_off(QUICK, asked)?.or(answer) {
        Some(answer) if answer == "ok" => Ok(()),
        answer => Err(failure.damaged(answer.unwrap_or_else(|| "no answer".to_owned()))),
    }
}

/// The first column of every row. A check that breaks off says so in its last row.
fn texts(sql: &Connection, check: &str) -> Result<Vec<String>, DatabaseError> {
    let mut texts = Vec::new();
    let asked = each_row(sql, check, |row| {
        texts.push(row.get(0)?);
        Ok(())
    });
    texts.extend(break_off(check, asked)?);
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

/// What a check says that broke off; the call itself ends if it was stopped.
fn break_off(check: &str, asked: Result<(), SqliteError>) -> Result<Option<String>, DatabaseError> {
    match asked {
        Ok(()) => Ok(None),
        Err(error) if error.kind() == SqliteErrorKind::Interrupted => {
            Err(MaintenanceError::Stopped.into())
        }
        Err(error) => Ok(Some(format!("{check} broke off: {error}"))),
    }
}
