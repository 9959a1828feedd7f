//! Whether a derived key opens a file.

use std::path::Path;
use std::time::Duration;

use crate::apply::{read_schema, speaks_of_the_key};
use crate::beside::{open_to_look, roll_back};
use crate::{CipherError, CipherProfile, DerivedKey, apply_derived_key, check_log};

/// Says whether a derived key opens a database file, on a fresh connection that is closed again.
///
/// Derives nothing and finds no reasons: for a first opening there is [`unlock()`](crate::unlock()).
/// Whether all pages are under the key is for [`check_pages`](crate::check_pages) to say.
///
/// # Errors
///
/// - [`CipherError::NotSqlcipher`]: the library is plain SQLite
/// - [`CipherError::Sqlite`], [`CipherError::Io`]: nobody could tell: there is no file, it is locked
///   or cannot be read
pub fn opens(
    path: &Path,
    key: &DerivedKey,
    profile: impl Into<CipherProfile>,
    busy_timeout: Duration,
) -> Result<bool, CipherError> {
    let profile = profile.into();
    roll_back(path, busy_timeout)?;
    let connection = open_to_look(path, busy_timeout)?;
    let keyed =
        check_log(path, key, profile).and_then(|()| apply_derived_key(&connection, key, profile));
    match keyed {
        Err(CipherError::Damaged { .. } | CipherError::WrongKey { .. }) => return Ok(false),
        keyed => keyed?,
    }
    match read_schema(&connection) {
        Ok(()) => Ok(true),
        Err(error) if speaks_of_the_key(&error) => Ok(false),
        Err(source) => Err(CipherError::sqlite("read the schema")(source)),
    }
}
