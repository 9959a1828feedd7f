//! The C API itself: keying sqlx's connections, and the loop that no driver can beat.
#![expect(unsafe_code, reason = "this is what the C API costs without a driver")]

use std::ffi::{CStr, CString, c_char, c_int};
use std::path::Path;
use std::ptr::{NonNull, null_mut};

use anyhow::{Context as _, ensure};
use kstdb_core::{Synchronous, sqlx};
use libsqlite3_sys as ffi;
use sqlx::sqlite::LockedSqliteHandle;

use crate::data::{INSERT, Record};
use crate::peers::{self, Key};

/// Keys a connection of sqlx.
pub(crate) fn key(locked: &mut LockedSqliteHandle<'_>, text: &str) -> sqlx::Result<()> {
    match key_handle(locked.as_raw_handle(), text) {
        Ok(()) => Ok(()),
        Err(error) => Err(sqlx::Error::Configuration(error.into())),
    }
}

fn key_handle(handle: NonNull<ffi::sqlite3>, text: &str) -> anyhow::Result<()> {
    let length = c_int::try_from(text.len())?;
    // SAFETY: the caller has the connection to itself, and the text is `length` bytes that SQLCipher
    // copies (https://www.zetetic.net/sqlcipher/sqlcipher-api/#sqlite3_key).
    let code = unsafe {
        ffi::sqlite3_key_v2(
            handle.as_ptr(),
            c"main".as_ptr(),
            text.as_ptr().cast(),
            length,
        )
    };
    ensure!(code == ffi::SQLITE_OK, "sqlite3_key_v2 answered {code}");
    Ok(())
}

/// A connection that is nothing but a handle.
pub(crate) struct Handle(NonNull<ffi::sqlite3>);

impl Handle {
    pub(crate) fn open(path: &Path, key: Key) -> anyhow::Result<Self> {
        let path = CString::new(path.to_str().context("the path is not UTF-8")?)?;
        let mut handle = null_mut();
        let flags = ffi::SQLITE_OPEN_READWRITE | ffi::SQLITE_OPEN_NOMUTEX;
        // SAFETY: `path` is a C string, `handle` a place for the result, and there is no VFS name.
        let code = unsafe {
            ffi::sqlite3_open_v2(path.as_ptr(), &raw mut handle, flags, std::ptr::null())
        };
        let handle = Self(NonNull::new(handle).context("no memory")?);
        ensure!(code == ffi::SQLITE_OK, "sqlite3_open_v2 answered {code}");
        key_handle(handle.0, &key.text())?;
        let settings = CString::new(peers::settings(Synchronous::Normal))?;
        handle.execute(&settings)?;
        Ok(handle)
    }

    pub(crate) fn execute(&self, sql: &CStr) -> anyhow::Result<()> {
        // SAFETY: the handle is open, the text is a C string, and no callback is passed.
        let code = unsafe {
            ffi::sqlite3_exec(self.0.as_ptr(), sql.as_ptr(), None, null_mut(), null_mut())
        };
        ensure!(code == ffi::SQLITE_OK, "sqlite3_exec answered {code}");
        Ok(())
    }

    /// Inserts rows in one transaction; nothing is copied on the way to SQLite.
    pub(crate) fn insert(&self, records: &[Record]) -> anyhow::Result<()> {
        self.execute(c"BEGIN IMMEDIATE")?;
        let sql = CString::new(INSERT)?;
        let mut statement = null_mut();
        // SAFETY: the handle is open, the text ends with a NUL, `statement` is a place for the result.
        let code = unsafe {
            ffi::sqlite3_prepare_v2(
                self.0.as_ptr(),
                sql.as_ptr(),
                -1,
                &raw mut statement,
                null_mut(),
            )
        };
        ensure!(code == ffi::SQLITE_OK, "sqlite3_prepare_v2 answered {code}");
        let mut stepped = ffi::SQLITE_DONE;
        for (id, name, value) in records {
            // SAFETY: the statement is live, and the text outlives the step that reads it.
            stepped = unsafe { insert_one(statement, *id, name, *value) };
            if stepped != ffi::SQLITE_DONE {
                break;
            }
        }
        // SAFETY: the statement is live, and not used again.
        unsafe { ffi::sqlite3_finalize(statement) };
        ensure!(
            stepped == ffi::SQLITE_DONE,
            "sqlite3_step answered {stepped}"
        );
        self.execute(c"COMMIT")
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: the handle is open, and no statement is left.
        unsafe { ffi::sqlite3_close(self.0.as_ptr()) };
    }
}

/// Binds, steps and resets.
///
/// # Safety
/// `statement` is a live statement with three parameters.
unsafe fn insert_one(statement: *mut ffi::sqlite3_stmt, id: i64, name: &str, value: f64) -> c_int {
    let (text, length) = (name.as_ptr().cast::<c_char>(), name.len());
    // SAFETY: the caller vouches for the statement; errors show when it is stepped.
    unsafe { ffi::sqlite3_bind_int64(statement, 1, id) };
    let length = c_int::try_from(length).unwrap_or(c_int::MAX);
    // SAFETY: as above; SQLITE_STATIC, and the text lives until the reset.
    unsafe { ffi::sqlite3_bind_text(statement, 2, text, length, ffi::SQLITE_STATIC()) };
    // SAFETY: as above.
    unsafe { ffi::sqlite3_bind_double(statement, 3, value) };
    // SAFETY: as above.
    let stepped = unsafe { ffi::sqlite3_step(statement) };
    // SAFETY: as above.
    unsafe { ffi::sqlite3_reset(statement) };
    stepped
}
