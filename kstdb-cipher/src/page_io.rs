//! The one place that reads and writes raw bytes of a database file: through SQLite's own handle.
//!
//! `std::fs::File` must not be used for that: on POSIX, closing *any* descriptor of a file drops
//! every lock that the process holds on it, so that another connection's transaction would lose
//! its protection (<https://sqlite.org/howtocorrupt.html>, section 2.2). SQLite knows all its
//! descriptors of a file and keeps them open as long as one of them holds a lock.
#![expect(
    unsafe_code,
    reason = "the file handle of SQLite has no safe counterpart"
)]

use std::ffi::{CStr, c_int};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::ptr;

use libsqlite3_sys as ffi;
use rusqlite::{Connection, OpenFlags};

use crate::{CipherError, no_follow};

/// Reads raw bytes through the file handle of a connection, which needs no key for that.
pub(crate) struct RawFile<'c> {
    /// Valid while the connection is open.
    file: *mut ffi::sqlite3_file,
    connection: PhantomData<&'c Connection>,
}

/// A lock on a file, of those that SQLite has.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Lock {
    /// Others may read.
    Shared,
    /// Nobody else may do anything. Whoever wants it has the other one.
    Exclusive,
}

/// Opens a connection for reading raw bytes. It takes no lock and makes no file.
pub(crate) fn open(path: &Path) -> Result<Connection, CipherError> {
    no_follow::open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .map_err(CipherError::sqlite("open the file"))
}

/// Names the file of a connection, whatever its bytes are; `None` for a database in memory.
pub(crate) fn path_of(connection: &Connection) -> Option<PathBuf> {
    // SAFETY: as in `RawFile::of`. https://sqlite.org/c3ref/sqlite3.html
    let handle = unsafe { connection.handle() };
    // SAFETY: the handle is open (above), and the name is a C string.
    // https://sqlite.org/c3ref/db_filename.html
    let name = unsafe { ffi::sqlite3_db_filename(handle, c"main".as_ptr()) };
    if name.is_null() {
        return None;
    }
    // SAFETY: it is not null, and a C string as long as the connection is open, which is borrowed.
    // https://sqlite.org/c3ref/db_filename.html
    let name = unsafe { CStr::from_ptr(name) }.to_bytes();
    (!name.is_empty()).then(|| path_from(name))
}

#[cfg(unix)]
fn path_from(name: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    std::ffi::OsStr::from_bytes(name).into()
}

#[cfg(not(unix))]
fn path_from(name: &[u8]) -> PathBuf {
    String::from_utf8_lossy(name).into_owned().into()
}

impl<'c> RawFile<'c> {
    /// Borrows the handle of the main database's file.
    pub(crate) fn of(connection: &'c Connection) -> Result<Self, CipherError> {
        let mut file: *mut ffi::sqlite3_file = ptr::null_mut();
        // SAFETY: the handle is used while `connection`, which owns or borrows it, is borrowed.
        // https://sqlite.org/c3ref/sqlite3.html
        let handle = unsafe { connection.handle() };
        // SAFETY: the handle is open (above); the name is a C string; this operation writes one
        // pointer to its argument, which is a place for one.
        // https://sqlite.org/c3ref/c_fcntl_begin_atomic_write.html#sqlitefcntlfilepointer
        let code = unsafe {
            ffi::sqlite3_file_control(
                handle,
                c"main".as_ptr(),
                ffi::SQLITE_FCNTL_FILE_POINTER,
                ptr::from_mut(&mut file).cast(),
            )
        };
        check(code, "lend its file handle")?;
        Ok(Self {
            file,
            connection: PhantomData,
        })
    }

    /// Gives the size of the file, in bytes; 0 for a database in memory.
    pub(crate) fn size_bytes(&self) -> Result<u64, CipherError> {
        let Some(methods) = self.methods() else {
            return Ok(0);
        };
        let Some(file_size) = methods.xFileSize else {
            return Ok(0);
        };
        let mut size: ffi::sqlite3_int64 = 0;
        // SAFETY: `file` is open with these methods while the connection is borrowed, and
        // no other thread uses the connection, which is not `Sync`; `size` is a place for the result.
        // https://sqlite.org/c3ref/io_methods.html
        let code = unsafe { file_size(self.file, &raw mut size) };
        check(code, "say the size of the file")?;
        Ok(u64::try_from(size).unwrap_or(0))
    }

    /// Fills `buffer` from `offset`, in bytes. `false` if the file ends before that.
    pub(crate) fn read_at(&self, buffer: &mut [u8], offset: u64) -> Result<bool, CipherError> {
        let Some(methods) = self.methods() else {
            return Ok(false);
        };
        let Some(read) = methods.xRead else {
            return Ok(false);
        };
        let (Ok(length), Ok(offset)) = (c_int::try_from(buffer.len()), i64::try_from(offset))
        else {
            return Ok(false);
        };
        // SAFETY: as in `size_bytes`; `buffer` is valid for `length` bytes.
        // https://sqlite.org/c3ref/io_methods.html
        let code = unsafe { read(self.file, buffer.as_mut_ptr().cast(), length, offset) };
        if code == ffi::SQLITE_IOERR_SHORT_READ {
            return Ok(false);
        }
        check(code, "read the file")?;
        Ok(true)
    }

    /// Writes `bytes` at `offset`, in bytes, past SQLite. The caller holds the exclusive lock.
    pub(crate) fn write_at(&self, bytes: &[u8], offset: i64) -> Result<(), CipherError> {
        let write = self.methods().and_then(|methods| methods.xWrite);
        let (Some(write), Ok(length)) = (write, c_int::try_from(bytes.len())) else {
            return check(ffi::SQLITE_MISUSE, "write to the file");
        };
        // SAFETY: as in `size_bytes`; `bytes` is valid for `length` bytes and only read.
        // https://sqlite.org/c3ref/io_methods.html
        let code = unsafe { write(self.file, bytes.as_ptr().cast(), length, offset) };
        check(code, "write to the file")
    }

    /// Takes a lock, which goes when the connection is closed. The connection must never read the
    /// file as a database: SQLite would not know of the lock.
    pub(crate) fn lock(&self, lock: Lock) -> Result<(), CipherError> {
        let Some(take) = self.methods().and_then(|methods| methods.xLock) else {
            return Ok(());
        };
        let level = match lock {
            Lock::Shared => ffi::SQLITE_LOCK_SHARED,
            Lock::Exclusive => ffi::SQLITE_LOCK_EXCLUSIVE,
        };
        // SAFETY: as in `size_bytes`; from no lock to a shared one and from there to the exclusive
        // one are steps that SQLite takes itself.
        // https://sqlite.org/c3ref/io_methods.html
        check(unsafe { take(self.file, level) }, "lock the file")
    }

    /// Gives the functions of the open file; `None` for a database in memory.
    fn methods(&self) -> Option<&'c ffi::sqlite3_io_methods> {
        // SAFETY: SQLite gave the pointer for this connection's main database, whose file object
        // lives until the connection is closed, which the borrow rules out.
        // https://sqlite.org/c3ref/file.html
        let file = unsafe { self.file.as_ref() }?;
        // SAFETY: `pMethods` is null (not a real file) or points to a static table of functions.
        // https://sqlite.org/c3ref/file.html
        unsafe { file.pMethods.as_ref() }
    }
}

fn check(code: c_int, context: &'static str) -> Result<(), CipherError> {
    if code == ffi::SQLITE_OK {
        return Ok(());
    }
    let source = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
    Err(CipherError::Sqlite { context, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    type TestResult = Result<(), Box<dyn std::error::Error>>;

    #[test]
    fn bytes_are_read_at_their_place() -> TestResult {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("file");
        let bytes: Vec<u8> = (0..=255).cycle().take(5000).collect();
        std::fs::write(&path, &bytes)?;
        let connection = open(&path)?;
        let file = RawFile::of(&connection)?;
        assert_eq!(file.size_bytes()?, 5000);
        let mut buffer = [0; 300];
        assert!(file.read_at(&mut buffer, 4096)?);
        assert_eq!(buffer, bytes[4096..4396]);
        assert!(!file.read_at(&mut buffer, 4701)?);
        assert!(!file.read_at(&mut buffer, u64::MAX)?);
        Ok(())
    }

    #[test]
    fn a_database_in_memory_has_no_bytes() -> TestResult {
        let connection = Connection::open_in_memory()?;
        let file = RawFile::of(&connection)?;
        assert_eq!(file.size_bytes()?, 0);
        assert!(!file.read_at(&mut [0; 16], 0)?);
        assert_eq!(path_of(&connection), None);
        Ok(())
    }

    #[test]
    fn a_missing_file_is_an_error_and_stays_missing() -> TestResult {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("file");
        assert!(open(&path).is_err_and(|error| error.is_retryable()));
        assert!(!path.exists());
        Ok(())
    }
}
