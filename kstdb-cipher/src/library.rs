//! What the linked SQLite library is.

use rusqlite::Connection;
use secrecy::SecretBox;

use crate::apply::{apply_key_in_memory, cipher_version, pragma};
use crate::{CipherKey, RAW_KEY_BYTES};

/// Describes the SQLite library that this program is linked against.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LibraryInfo {
    /// The version of SQLite, such as `3.50.4`.
    pub sqlite_version: String,
    /// The version of SQLite as a number, such as `3050004`.
    pub sqlite_version_number: i32,
    /// The commit of SQLite that it was built from; empty if it does not say.
    pub sqlite_source_id: String,
    /// The version of SQLCipher; `None` for plain SQLite.
    pub cipher_version: Option<String>,
    /// The name of the cryptographic library; `None` for plain SQLite.
    pub cipher_provider: Option<String>,
    /// The version of the cryptographic library; `None` for plain SQLite.
    pub cipher_provider_version: Option<String>,
    /// Whether it has the fix of the
    /// [WAL-reset bug](https://sqlite.org/wal.html#walresetbug), which can corrupt a database when
    /// one connection checkpoints while another commits.
    pub wal_reset_fixed: bool,
}

/// Says whether the linked library is SQLCipher, so that keys can be used.
///
/// # Example
///
/// ```
/// assert_eq!(kstdb_cipher::is_sqlcipher_available(), cfg!(feature = "sqlcipher"));
/// ```
#[must_use]
pub fn is_sqlcipher_available() -> bool {
    cfg!(feature = "sqlcipher")
        && Connection::open_in_memory().is_ok_and(|scratch| cipher_version(&scratch).is_some())
}

/// Asks the linked library what it is.
#[must_use]
pub fn library() -> LibraryInfo {
    let sqlite_version_number = rusqlite::version_number();
    let mut info = LibraryInfo {
        sqlite_version: rusqlite::version().to_owned(),
        sqlite_version_number,
        sqlite_source_id: String::new(),
        cipher_version: None,
        cipher_provider: None,
        cipher_provider_version: None,
        wal_reset_fixed: has_wal_reset_fix(sqlite_version_number),
    };
    let Ok(scratch) = Connection::open_in_memory() else {
        return info;
    };
    let ask = |sql| pragma(&scratch, sql).ok().flatten();
    info.sqlite_source_id = ask("SELECT sqlite_source_id()").unwrap_or_default();
    info.cipher_version = cipher_version(&scratch);
    // Only a keyed connection knows the provider. This key protects nothing.
    let throwaway = CipherKey::raw_key(SecretBox::new(Box::new([0; RAW_KEY_BYTES])));
    if apply_key_in_memory(&scratch, &throwaway).is_ok() {
        info.cipher_provider = ask("PRAGMA cipher_provider");
        info.cipher_provider_version = ask("PRAGMA cipher_provider_version");
    }
    info
}

/// Fixed in 3.51.3, and carried back to 3.50.7.
fn has_wal_reset_fix(version_number: i32) -> bool {
    version_number >= 3_051_003 || (3_050_007..3_051_000).contains(&version_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wal_reset_fix_is_known_by_version() {
        for (number, fixed) in [
            (3_049_000, false),
            (3_050_004, false),
            (3_050_007, true),
            (3_051_000, false),
            (3_051_002, false),
            (3_051_003, true),
            (3_054_001, true),
        ] {
            assert_eq!(has_wal_reset_fix(number), fixed, "{number}");
        }
    }

    #[test]
    fn the_library_knows_itself() {
        let info = library();
        assert!(info.sqlite_version.starts_with("3."));
        assert!(!info.sqlite_source_id.is_empty());
        assert_eq!(info.cipher_version.is_some(), is_sqlcipher_available());
        assert_eq!(info.cipher_provider.is_some(), is_sqlcipher_available());
        assert_eq!(
            info.cipher_provider_version.is_some(),
            is_sqlcipher_available()
        );
    }
}
