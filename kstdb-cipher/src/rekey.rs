//! Another key for all pages of an open database: `sqlite3_rekey_v2`.

use rusqlite::Connection;

use crate::{CipherError, DerivedKey};

/// Encrypts every page of a keyed connection's database with another key, in one transaction.
///
/// The salt of the file stays, so `key` has to be derived with it, and the page size and all else
/// that makes up the format stay too.
///
/// **Success proves nothing.** SQLCipher 4.10 says that all is well even where it failed and rolled
/// back; 4.20 says what failed. The transaction is atomic like any other, so that the file has one key or the other; but
/// after a failure the connection reads with the old key and **writes with the new one**: a single
/// page more, be it for another journal mode, and no key opens the file. Close the connection in
/// any case, and ask [`opens()`](crate::opens) on another one which key the file has.
///
/// This blocks for as long as it takes to write the database twice.
///
/// # Errors
///
/// - [`CipherError::NotSqlcipher`]: the library is plain SQLite
/// - [`CipherError::Sqlite`]: the connection has no key, or SQLCipher refused the new one
///
/// # Security
///
/// The key goes from a buffer that is wiped through
/// [`sqlite3_rekey_v2`](https://www.zetetic.net/sqlcipher/sqlcipher-api/#sqlite3_rekey) and is part
/// of no SQL text.
#[cfg(feature = "sqlcipher")]
#[expect(
    unsafe_code,
    reason = "sqlite3_rekey_v2 has no safe counterpart, and SQL text is logged"
)]
pub fn rekey(connection: &Connection, key: &DerivedKey) -> Result<(), CipherError> {
    let text = key.to_sqlcipher_text();
    let length = std::ffi::c_int::try_from(text.len()).unwrap_or_default();
    // SAFETY: the handle is used while `connection`, which owns or borrows it, is borrowed, and is
    // not kept. https://sqlite.org/c3ref/sqlite3.html
    let handle = unsafe { connection.handle() };
    // SAFETY: the handle is open (above); the name is a C string; `text` is valid for `length`
    // bytes, and SQLCipher copies it before it returns.
    // https://www.zetetic.net/sqlcipher/sqlcipher-api/#sqlite3_rekey
    let code = unsafe {
        libsqlite3_sys::sqlite3_rekey_v2(handle, c"main".as_ptr(), text.as_ptr().cast(), length)
    };
    if code == rusqlite::ffi::SQLITE_OK {
        return Ok(());
    }
    let error = rusqlite::ffi::Error::new(code);
    let source = rusqlite::Error::SqliteFailure(error, None);
    Err(CipherError::Sqlite {
        context: "change the key",
        source,
    })
}

/// Refuses: plain SQLite has no keys to change.
///
/// # Errors
///
/// - [`CipherError::NotSqlcipher`]: always
#[cfg(not(feature = "sqlcipher"))]
pub fn rekey(_: &Connection, _: &DerivedKey) -> Result<(), CipherError> {
    Err(CipherError::NotSqlcipher)
}
