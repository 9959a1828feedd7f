//! Locks on a database file that is not opened as a database: it may have any key, or be damaged.

use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::SystemTime;

use rusqlite::{Connection, OpenFlags};

use crate::inspect::sidecars;
use crate::page_io::{Lock, RawFile};
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

/// Copies the bytes of a database file that nobody has open, and says how many those were.
///
/// The file is locked like with [`hold`] until the copy is whole: whoever has it open in WAL mode
/// writes to it without a lock of his own, and a copy of one page before and one page after that
/// would be a mixture in which every page is authentic. Of a file that may only be read the lock is
/// that of a reader, and what has changed meanwhile is seen afterwards.
///
/// `path` is the file itself and no link. `progress` is told how many bytes of how many are copied;
/// with [`ControlFlow::Break`] the copy ends.
///
/// # Errors
///
/// - [`CipherError::Cancelled`]: `progress` said so
/// - [`CipherError::Sqlite`]: the file is in use, has a write-ahead log or a journal that is not
///   part of it yet ([`is_busy`](CipherError::is_busy)), or cannot be read
/// - [`CipherError::Io`]: the copy cannot be written
pub fn copy_file(
    path: &Path,
    to: impl Write,
    progress: impl Fn(u64, u64) -> ControlFlow<()>,
) -> Result<u64, CipherError> {
    // SQLite opens for reading only what does not permit more.
    let connection = no_follow::open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
        .map_err(CipherError::sqlite("open the file"))?;
    let reads_only = connection
        .is_readonly("main")
        .map_err(CipherError::sqlite("open the file"))?;
    let file = RawFile::of(&connection)?;
    file.lock(Lock::Shared)?;
    if !reads_only {
        file.lock(Lock::Exclusive)?;
    }
    copy_locked(&file, path, to, progress)
}

/// Copies a file that is locked, and fails if that did not keep others from writing to it.
fn copy_locked(
    file: &RawFile<'_>,
    path: &Path,
    mut to: impl Write,
    progress: impl Fn(u64, u64) -> ControlFlow<()>,
) -> Result<u64, CipherError> {
    let before = Version::of(path)?;
    let size_bytes = file.size_bytes()?;
    let mut chunk = vec![0; usize::try_from(CHUNK_BYTES).unwrap_or(usize::MAX)];
    let mut done = 0;
    while done < size_bytes {
        let length = CHUNK_BYTES.min(size_bytes - done);
        let chunk = &mut chunk[..usize::try_from(length).unwrap_or(usize::MAX)];
        // What is missing at the end is zeros, which no check takes for pages.
        file.read_at(chunk, done)?;
        to.write_all(chunk)
            .map_err(CipherError::io("write a copy of the file", path))?;
        done += length;
        if progress(done, size_bytes).is_break() {
            return Err(CipherError::Cancelled);
        }
    }
    if Version::of(path)? != before {
        return Err(in_use());
    }
    Ok(size_bytes)
}

/// What is another one after a write to the file.
#[derive(PartialEq, Eq)]
struct Version {
    size_bytes: u64,
    modified: SystemTime,
}

impl Version {
    /// Looks at the file. There must be nothing beside it that belongs to it.
    fn of(path: &Path) -> Result<Self, CipherError> {
        let sidecars = sidecars(path)?;
        if sidecars.wal.size_bytes > 0 || sidecars.journal.size_bytes > 0 {
            return Err(in_use());
        }
        // Asks for its name: a descriptor of our own would take the lock away.
        path.metadata()
            .and_then(|file| {
                Ok(Self {
                    size_bytes: file.len(),
                    modified: file.modified()?,
                })
            })
            .map_err(CipherError::io("look at the file", path))
    }
}

fn in_use() -> CipherError {
    let busy = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
    CipherError::sqlite("copy the file")(rusqlite::Error::SqliteFailure(busy, None))
}

#[cfg(test)]
mod tests {
    use rusqlite::config::DbConfig;

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

    /// A database in WAL mode whose log is empty, with its connection.
    fn in_wal_mode(path: &Path) -> Result<Connection, rusqlite::Error> {
        let connection = Connection::open(path)?;
        connection.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (a)")?;
        checkpoint(&connection)?;
        Ok(connection)
    }

    fn checkpoint(connection: &Connection) -> Result<(), rusqlite::Error> {
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
    }

    #[test]
    fn a_file_that_is_open_or_has_a_log_is_not_copied() -> TestResult {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("file");
        let connection = in_wal_mode(&path)?;
        let mut copy = Vec::new();
        let mut refused = || copy_file(&path, &mut copy, |_, _| ControlFlow::Continue(()));
        assert!(refused().is_err_and(|error| error.is_busy()));
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        connection.execute_batch("INSERT INTO t VALUES (1)")?;
        drop(connection);
        assert!(refused().is_err_and(|error| error.is_busy()));
        assert!(copy.is_empty());
        Ok(())
    }

    #[test]
    fn a_write_in_the_middle_of_a_copy_is_noticed() -> TestResult {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("file");
        drop(in_wal_mode(&path)?);
        // The clock of a file system is slower than a test.
        std::fs::File::options()
            .write(true)
            .open(&path)?
            .set_modified(SystemTime::UNIX_EPOCH)?;
        let writer = Connection::open(&path)?;
        let reader = crate::page_io::open(&path)?;
        let file = RawFile::of(&reader)?;
        file.lock(Lock::Shared)?;
        let copied = |write: &str| {
            copy_locked(&file, &path, Vec::new(), |_, _| {
                let written = writer.execute_batch(write);
                match written.and_then(|()| checkpoint(&writer)) {
                    Ok(()) => ControlFlow::Continue(()),
                    Err(_) => ControlFlow::Break(()),
                }
            })
        };
        assert!(copied("").is_ok());
        assert!(copied("INSERT INTO t VALUES (1)").is_err_and(|error| error.is_busy()));
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
