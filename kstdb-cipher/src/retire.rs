//! The end of a database file whose name leads to another one now.

use rusqlite::Connection;

use crate::CipherError;
use crate::inspect::MIN_PAGE_SIZE_BYTES;
use crate::page_io::RawFile;

/// Wipes the header of a connection's database file, so that nobody can use the file any more.
///
/// For a file that was replaced under its name: a program that has had it open all along, and held
/// no lock, would go on reading what is past, and could even take the write-ahead log of the new
/// file for its own. Without a header SQLite calls it "not a database" and touches nothing.
///
/// **The database is destroyed.** The caller holds the exclusive lock, and the name leads to a file
/// that is safe on the disk.
///
/// # Errors
///
/// - [`CipherError::Sqlite`]: the file cannot be written
pub fn retire(connection: &Connection) -> Result<(), CipherError> {
    let length = usize::try_from(MIN_PAGE_SIZE_BYTES).unwrap_or_default();
    RawFile::of(connection)?.write_at(&vec![0; length], 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retired_file_is_no_database_to_anybody() -> Result<(), Box<dyn std::error::Error>> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("file");
        let connection = Connection::open(&path)?;
        connection.execute_batch("CREATE TABLE t (a); INSERT INTO t VALUES (1)")?;
        let idle = Connection::open(&path)?;
        let count = |connection: &Connection| {
            connection.query_row("SELECT count(*) FROM t", [], |row| row.get::<_, i64>(0))
        };
        assert_eq!(count(&idle)?, 1);
        connection.execute_batch("BEGIN EXCLUSIVE")?;
        retire(&connection)?;
        drop(connection);
        let code = count(&idle)
            .err()
            .and_then(|error| error.sqlite_error_code());
        assert_eq!(code, Some(rusqlite::ErrorCode::NotADatabase));
        Ok(())
    }
}
