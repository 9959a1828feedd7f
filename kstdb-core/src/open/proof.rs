//! The proof: the key opens the file, or the file needs none.

use kstdb_cipher::{CipherCompatibility, CipherKey, DerivedKey, UnlockOptions};

use super::{Target, plaintext};
use crate::error::{DatabaseError, EncryptionError};

/// How a file may be opened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FileRules {
    pub(crate) create_if_missing: bool,
    pub(crate) follow_symlinks: bool,
    pub(crate) compatibility: CipherCompatibility,
}

/// Proves that the key opens the file, or that the file needs none. Blocks.
///
/// **Invariant:** this comes before the pool: a wrong key is found once and by name, where sqlx
/// would try it again until its timeout.
pub(crate) fn prove(
    target: &Target,
    key: Option<&CipherKey>,
    rules: FileRules,
) -> Result<Option<DerivedKey>, DatabaseError> {
    let Some(key) = key else {
        if let Target::File(path) = target {
            plaintext::look_or_create(path, rules)?;
        }
        return Ok(None);
    };
    if !kstdb_cipher::is_sqlcipher_available() {
        return Err(EncryptionError::NotSqlcipher.into());
    }
    let derived = match target {
        Target::File(path) => {
            let options = UnlockOptions::new()
                .compatibility(rules.compatibility)
                .create_if_missing(rules.create_if_missing)
                .follow_symlinks(rules.follow_symlinks);
            kstdb_cipher::unlock(path, key, &options)?.derived
        }
        Target::Memory => {
            DerivedKey::derive(key, kstdb_cipher::random_salt()?, rules.compatibility)
        }
    };
    Ok(Some(derived))
}
