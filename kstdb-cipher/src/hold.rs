//! Locks on a database file that is not opened as a database: it may have any key, or be damaged.

use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use crate::page_io::{self, Lock, RawFile};
use crate::{CipherError, no_follow};

const CHUNK_BYTES: u64 = 512 * 1024;

/// Takes the exclusive lock of a database file, without its key. It is held until the connection,
/// which is good for nothing else, is dropped.
///
/// While it is held nobody reads or writes the file. That it can be had means that nobody has the
/// file open in WAL mode, and that whoever has it open in another mode is in no transaction.
///
/// # Errors
///
/// - [`CipherError::Sqlite`]: the file is in use
///   ([`is_retryable`](CipherError::is_retryable)), or cannot be opened for writing
pub fn hold(path: &Path) -> Result<Connection, CipherError> {
    let connection = no_follow::open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
        .map_err(CipherError::sqlite("open the file"))?;
    let file = RawFile::of(&connection)?;
    file.lock(Lock::Shared)?;
    file.lock(Lock::Exclusive)?;
    Ok(connection)
}

/// Copies the bytes of a database file as they are, and says how many those were.
///
/// Meanwhile nobody begins to write to the file itself; what stands in a write-ahead log is not
/// copied. `progress` is told how many bytes of how many are copied; with [`ControlFlow::Break`]
/// the copy ends.
///
/// # Errors
///
/// - [`CipherError::Cancelled`]: `progress` said so
/// - [`CipherError::Sqlite`]: the file cannot be read, or is being written
/// - [`CipherError::Io`]: the copy cannot be written
pub fn copy_file(
    from: &Path,
    mut to: impl Write,
    progress: impl Fn(u64, u64) -> ControlFlow<()>,
) -> Result<u64, CipherError> {
    let connection = page_io::open(from)?;
    let file = RawFile::of(&connection)?;
    file.lock(Lock::Shared)?;
    let size_bytes = file.size_bytes()?;
    let mut chunk = vec![0; usize::try_from(CHUNK_BYTES).unwrap_or(usize::MAX)];
    let mut done = 0;
    while done < size_bytes {
        let length = CHUNK_BYTES.min(size_bytes - done);
        let chunk = &mut chunk[..usize::try_from(length).unwrap_or(usize::MAX)];
        // What is missing at the end is zeros, which no check takes for pages.
        file.read_at(chunk, done)?;
        to.write_all(chunk)
            .map_err(CipherError::io("write a copy of the file", from))?;
        done += length;
        if progress(done, size_bytes).is_break() {
            return Err(CipherError::Cancelled);
        }
    }
    Ok(size_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    type TestResult = Result<(), Box<dyn std::error::Error>>;

    #[test]
    fn a_held_file_lets_nobody_in_and_one_in_use_is_not_held() -> TestResult {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("file");
        let connection = Connection::open(&path)?;
        connection.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (a)")?;
        assert!(hold(&path).is_err_and(|error| error.is_retryable()));
        drop(connection);

        let held = hold(&path)?;
        let connection = Connection::open(&path)?;
        connection.busy_timeout(std::time::Duration::ZERO)?;
        let count = || connection.query_row("SELECT count(*) FROM t", [], |row| row.get(0));
        let refused: Result<i64, rusqlite::Error> = count();
        let code = refused.err().and_then(|error| error.sqlite_error_code());
        assert_eq!(code, Some(rusqlite::ErrorCode::DatabaseBusy));
        drop(held);
        assert_eq!(count()?, 0);
        Ok(())
    }

    #[test]
    fn a_file_that_is_no_database_can_be_held_and_copied() -> TestResult {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("file");
        let bytes: Vec<u8> = (0..=250).cycle().take(1_300_001).collect();
        std::fs::write(&path, &bytes)?;
        drop(hold(&path)?);
        let mut copy = Vec::new();
        let size = copy_file(&path, &mut copy, |_, _| ControlFlow::Continue(()))?;
        assert!(size == 1_300_001 && copy == bytes);
        let stopped = copy_file(&path, &mut copy, |_, _| ControlFlow::Break(()));
        assert!(matches!(stopped, Err(CipherError::Cancelled)));
        Ok(())
    }
}
