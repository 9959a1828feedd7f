//! How a key reaches SQLCipher: through the C interface, never as SQL text.

use rusqlite::{Connection, OptionalExtension};

use crate::beside::{PATIENCE, roll_back};
use crate::page_io::{RawFile, path_of};
use crate::{
    CipherCompatibility, CipherError, CipherKey, CipherProfile, DerivedKey, SALT_BYTES, check_log,
    first_page,
};

/// The first bytes of every unencrypted SQLite database.
pub(crate) const PLAINTEXT_MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// Keys a new connection with a key that was derived before.
///
/// It works on a connection that has just been opened, of a file or of `:memory:`, and takes
/// microseconds. It proves that the library is SQLCipher, but not that the key is right:
/// [`unlock()`](crate::unlock()) does that once for all connections.
///
/// Of the file one page is read, the first: if that is authentic, and says of all pages what is not
/// so, it is refused before SQLite believes it. A copy of it in a write-ahead log is for
/// [`check_log`](crate::check_log), which `unlock` asks.
///
/// SQLCipher's own log is switched off for the whole process, because it prints to standard error.
/// Temporary tables and what a statement sorts stay in memory: on disk they would be in clear.
///
/// # Errors
///
/// - [`CipherError::NotSqlcipher`]: the library is plain SQLite; the key was not sent
/// - [`CipherError::AlreadyKeyed`]: the connection has a key; this one was not sent
/// - [`CipherError::Damaged`]: [`Damage::FalseHeader`](crate::Damage::FalseHeader); the key was not
///   sent
/// - [`CipherError::PageTooSmall`]: there is no first page yet, and there can be none of this size;
///   the key was not sent
/// - [`CipherError::Sqlite`]: the first page cannot be read, or SQLCipher refused the key or the
///   settings
///
/// # Security
///
/// The key goes from a buffer that is wiped through
/// [`sqlite3_key_v2`](https://www.zetetic.net/sqlcipher/sqlcipher-api/#sqlite3_key) and is part of
/// no SQL text, so no logger and no tracing hook can see it.
pub fn apply_derived_key(
    connection: &Connection,
    key: &DerivedKey,
    profile: impl Into<CipherProfile>,
) -> Result<(), CipherError> {
    let profile = profile.into();
    prepare_for_key(connection)?;
    first_page::check(connection, key, profile)?;
    send_key(connection, &key.to_sqlcipher_text())?;
    set_profile(connection, profile)
}

/// Keys a new connection and proves the key by reading the schema.
///
/// The counterpart of `kstlib.db.apply_cipher_key`. The key is derived at every call (0.1 to 0.2 s
/// for a passphrase); for several connections use [`apply_derived_key`]. A missing or empty file
/// becomes a new database when the caller first writes to it. A refused connection is of no more
/// use: close it.
///
/// What SQLite would read first is looked at before it sees it, as in [`unlock()`](crate::unlock()).
///
/// # Errors
///
/// - [`CipherError::NotSqlcipher`]: the library is plain SQLite; the key was not sent
/// - [`CipherError::PlaintextFile`]: the database is not encrypted; the key was not sent
/// - [`CipherError::AlreadyKeyed`]: the connection has a key; this one was not sent
/// - [`CipherError::WrongKey`]: the key does not fit, or the file is not a database
/// - [`CipherError::Damaged`]: the first page or the write-ahead log says of all pages what is not so;
///   the key was not sent
/// - [`CipherError::Sqlite`], [`Io`](CipherError::Io): file, log or schema could not be read for
///   another reason, such as a lock
///
/// # Security
///
/// As for [`apply_derived_key`].
///
/// # Example
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # if !kstdb_cipher::is_sqlcipher_available() { return Ok(()) }
/// use kstdb_cipher::{CipherKey, apply_cipher_key, rusqlite::Connection};
///
/// let connection = Connection::open_in_memory()?;
/// apply_cipher_key(&connection, &CipherKey::passphrase("sesame")?)?;
/// # Ok(())
/// # }
/// ```
pub fn apply_cipher_key(connection: &Connection, key: &CipherKey) -> Result<(), CipherError> {
    let profile = CipherProfile::default();
    prepare_for_key(connection)?;
    refuse_plaintext(connection)?;
    match derive_and_look(connection, key, profile)? {
        Some(derived) => send_key(connection, &derived.to_sqlcipher_text())?,
        None => send_key(connection, &key.to_sqlcipher_text())?,
    }
    set_profile(connection, profile)?;
    read_schema(connection).map_err(|source| {
        if speaks_of_the_key(&source) {
            CipherError::WrongKey {
                path: connection.path().unwrap_or_default().into(),
            }
        } else {
            CipherError::Sqlite {
                context: "read the schema",
                source,
            }
        }
    })
}

/// Derives the key of an existing file as SQLCipher would, for a look at what SQLite reads first;
/// `None` if there is nothing to look at yet.
fn derive_and_look(
    connection: &Connection,
    key: &CipherKey,
    profile: CipherProfile,
) -> Result<Option<DerivedKey>, CipherError> {
    let path = path_of(connection);
    let reads_only = connection
        .is_readonly("main")
        .map_err(CipherError::sqlite("look at the connection"))?;
    // A connection that only reads leaves a journal to others, and reads nothing until then.
    if let Some(path) = &path
        && !reads_only
    {
        roll_back(path, PATIENCE)?;
    }
    let mut salt = [0; SALT_BYTES];
    if !RawFile::of(connection)?.read_at(&mut salt, 0)? {
        return Ok(None);
    }
    let derived = DerivedKey::derive(key, salt, profile);
    if let Some(path) = &path {
        check_log(path, &derived, profile)?;
    }
    first_page::check(connection, &derived, profile)?;
    Ok(Some(derived))
}

/// Keys an in-memory database, which has no page to prove the key on. SQLCipher derives nothing
/// until a file is attached.
pub(crate) fn apply_key_in_memory(
    connection: &Connection,
    key: &CipherKey,
) -> Result<(), CipherError> {
    prepare_for_key(connection)?;
    send_key(connection, &key.to_sqlcipher_text())
}

/// Reads the schema, and with it the first page: the proof of a key.
pub(crate) fn read_schema(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
}

/// Says whether an error of the first read can come from the key. After a page that does not
/// decrypt SQLCipher answers with any of these codes.
pub(crate) fn speaks_of_the_key(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase, OutOfMemory, Unknown};
    matches!(
        error.sqlite_error_code(),
        Some(NotADatabase | DatabaseCorrupt | OutOfMemory | Unknown)
    )
}

/// Asks SQLCipher for its version; plain SQLite has no answer.
pub(crate) fn cipher_version(connection: &Connection) -> Option<String> {
    pragma(connection, "PRAGMA cipher_version").ok().flatten()
}

/// Asks the codec of a keyed connection something; `None` without a codec.
pub(crate) fn pragma(connection: &Connection, sql: &str) -> rusqlite::Result<Option<String>> {
    connection.query_row(sql, [], |row| row.get(0)).optional()
}

/// Refuses a library that would ignore the key and a connection that would ignore it.
fn prepare_for_key(connection: &Connection) -> Result<(), CipherError> {
    if cfg!(not(feature = "sqlcipher")) || cipher_version(connection).is_none() {
        return Err(CipherError::NotSqlcipher);
    }
    pragma(connection, "PRAGMA cipher_log_level = NONE")
        .map_err(CipherError::sqlite("silence the log of SQLCipher"))?;
    // Sorting and temporary tables would be on disk in clear.
    pragma(connection, "PRAGMA temp_store = MEMORY")
        .map_err(CipherError::sqlite("keep temporary data in memory"))?;
    let codec = pragma(connection, "PRAGMA cipher_provider")
        .map_err(CipherError::sqlite("look for a key"))?;
    match codec {
        Some(_) => Err(CipherError::AlreadyKeyed),
        None => Ok(()),
    }
}

fn refuse_plaintext(connection: &Connection) -> Result<(), CipherError> {
    let mut start = [0; 16];
    if RawFile::of(connection)?.read_at(&mut start, 0)? && &start == PLAINTEXT_MAGIC {
        let path = connection.path().unwrap_or_default().into();
        return Err(CipherError::PlaintextFile { path });
    }
    Ok(())
}

/// Sets page size, hash functions and rounds. Said for the default too, so that a process-wide
/// `cipher_default_compatibility` has no say. Only a keyed connection takes it.
fn set_profile(connection: &Connection, profile: CipherProfile) -> Result<(), CipherError> {
    let usual = profile.compatibility.profile();
    let sql = match profile.compatibility {
        CipherCompatibility::V1 => "PRAGMA cipher_compatibility = 1",
        CipherCompatibility::V2 => "PRAGMA cipher_compatibility = 2",
        CipherCompatibility::V3 => "PRAGMA cipher_compatibility = 3",
        CipherCompatibility::V4 => "PRAGMA cipher_compatibility = 4",
    };
    pragma(connection, sql).map_err(CipherError::sqlite("set the cipher compatibility"))?;
    // The rounds have had their say in the key already, but `cipher_settings` names them.
    for (setting, value, usual) in [
        (
            "cipher_page_size",
            profile.page_size_bytes,
            usual.page_size_bytes,
        ),
        ("kdf_iter", rounds(profile), rounds(usual)),
    ] {
        if value != usual {
            pragma(connection, &format!("PRAGMA {setting} = {value}"))
                .map_err(CipherError::sqlite("set the cipher profile"))?;
        }
    }
    Ok(())
}

fn rounds(profile: CipherProfile) -> usize {
    usize::try_from(profile.kdf_iterations.get()).unwrap_or(usize::MAX)
}

#[cfg(feature = "sqlcipher")]
#[expect(
    unsafe_code,
    reason = "sqlite3_key_v2 has no safe counterpart, and SQL text is logged"
)]
fn send_key(connection: &Connection, text: &[u8]) -> Result<(), CipherError> {
    let Ok(length) = std::ffi::c_int::try_from(text.len()) else {
        let error = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_TOOBIG);
        let source = rusqlite::Error::SqliteFailure(error, None);
        return Err(CipherError::Sqlite {
            context: "take the key",
            source,
        });
    };
    // SAFETY: the handle is used while `connection`, which owns or borrows it, is borrowed, and is
    // not kept. https://sqlite.org/c3ref/sqlite3.html
    let handle = unsafe { connection.handle() };
    // SAFETY: the handle is open (above); the name is a C string; `text` is valid for `length`
    // bytes, and SQLCipher copies it before it returns.
    // https://www.zetetic.net/sqlcipher/sqlcipher-api/#sqlite3_key
    let code = unsafe {
        libsqlite3_sys::sqlite3_key_v2(handle, c"main".as_ptr(), text.as_ptr().cast(), length)
    };
    if code != rusqlite::ffi::SQLITE_OK {
        let error = rusqlite::ffi::Error::new(code);
        let source = rusqlite::Error::SqliteFailure(error, None);
        return Err(CipherError::Sqlite {
            context: "take the key",
            source,
        });
    }
    Ok(())
}

#[cfg(not(feature = "sqlcipher"))]
fn send_key(_: &Connection, _: &[u8]) -> Result<(), CipherError> {
    Err(CipherError::NotSqlcipher)
}
