//! Whether a derived key opens a file, and whether every page of it is under that key.

use std::path::Path;
use std::time::Duration;

use rusqlite::OpenFlags;
use rusqlite::config::DbConfig;

use crate::apply::{read_schema, speaks_of_the_key};
use crate::no_follow;
use crate::page_io::{self, RawFile};
use crate::stack::on_wiped_stack;
use crate::verify::PageVerifier;
use crate::{CipherError, CipherProfile, DerivedKey, apply_derived_key};

/// Says whether a derived key opens a database file, on a fresh connection that is closed again.
///
/// Derives nothing and finds no reasons: for a first opening there is [`unlock()`](crate::unlock()).
///
/// # Errors
///
/// - [`CipherError::NotSqlcipher`]: the library is plain SQLite
/// - [`CipherError::Sqlite`]: nobody could tell: there is no file, it is locked or cannot be read
pub fn opens(
    path: &Path,
    key: &DerivedKey,
    profile: impl Into<CipherProfile>,
    busy_timeout: Duration,
) -> Result<bool, CipherError> {
    let connection = no_follow::open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
        .map_err(CipherError::sqlite("open the database"))?;
    // With a wrong key it must leave a write-ahead log alone.
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
        .and_then(|_| connection.busy_timeout(busy_timeout))
        .map_err(CipherError::sqlite("configure the connection"))?;
    apply_derived_key(&connection, key, profile)?;
    match read_schema(&connection) {
        Ok(()) => Ok(true),
        Err(error) if speaks_of_the_key(&error) => Ok(false),
        Err(source) => Err(CipherError::sqlite("read the schema")(source)),
    }
}

/// Gives the first page of a file that is not authentic under a key; `None` if all are, and if the
/// profile is one without authentication.
///
/// Reads the file from its first byte to its last, on one thread. What is only in a write-ahead log
/// is not looked at.
///
/// # Errors
///
/// - [`CipherError::Sqlite`]: the file cannot be read
pub fn first_foreign_page(
    path: &Path,
    key: &DerivedKey,
    profile: impl Into<CipherProfile>,
) -> Result<Option<u32>, CipherError> {
    let profile = profile.into();
    on_wiped_stack(|| find_foreign_page(path, key, profile))
}

fn find_foreign_page(
    path: &Path,
    key: &DerivedKey,
    profile: CipherProfile,
) -> Result<Option<u32>, CipherError> {
    let Some(verifier) = PageVerifier::new(key, profile) else {
        return Ok(None);
    };
    let connection = page_io::open(path)?;
    let file = RawFile::of(&connection)?;
    let mut page = vec![0; verifier.page_size_bytes()];
    let mut offset = 0;
    for page_number in 1.. {
        if !file.read_at(&mut page, offset)? {
            break;
        }
        if !verifier.page_is_authentic(&page, page_number) {
            return Ok(Some(page_number));
        }
        offset += page.len() as u64;
    }
    Ok(None)
}
