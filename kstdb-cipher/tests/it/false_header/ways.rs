//! The ways to open a file with a key.

use std::path::Path;
use std::time::Duration;

use kstdb_cipher::rusqlite::Connection;
use kstdb_cipher::{
    CipherCompatibility, CipherError, Damage, DerivedKey, UnlockOptions, apply_cipher_key,
    apply_derived_key, connect, opens, unlock,
};

use super::forge::KEY;
use crate::support::{TestResult, block_on, raw_key, snapshot};

/// What was refused, by what opened it.
pub(super) type Refusals = Vec<(&'static str, CipherError)>;

/// Opens a file in each way that looks at all that belongs to it, none of which may get in or change
/// a file, and gives what each says.
pub(super) fn refused(path: &Path, version: CipherCompatibility) -> TestResult<Refusals> {
    let before = snapshot(path.parent().unwrap_or(path))?;
    let options = UnlockOptions::new().compatibility(version);
    let key = raw_key(KEY);
    let mut refusals = vec![
        ("unlock", unlock(path, &key, &options).map(drop)),
        (
            "connect",
            block_on(connect(path, &key, &options))?.map(drop),
        ),
    ];
    if version == CipherCompatibility::V4 {
        let applied = apply_cipher_key(&Connection::open(path)?, &key);
        refusals.push(("apply_cipher_key", applied));
    }
    let refusals = refusals
        .into_iter()
        .map(|(way, answer)| Ok((way, answer.err().ok_or(way)?)))
        .collect::<Result<_, &str>>()?;
    let derived = derived(path, version)?;
    assert!(!opens(path, &derived, version, Duration::ZERO)?);
    assert!(
        snapshot(path.parent().unwrap_or(path))? == before,
        "a file was changed"
    );
    Ok(refusals)
}

/// Keys one more connection.
pub(super) fn keyed(
    path: &Path,
    version: CipherCompatibility,
) -> TestResult<Result<Connection, CipherError>> {
    let connection = Connection::open(path)?;
    let applied = apply_derived_key(&connection, &derived(path, version)?, version);
    Ok(applied.map(|()| connection))
}

/// Reads the `user_version` of a file that opens.
pub(super) fn user_version(path: &Path, version: CipherCompatibility) -> TestResult<u32> {
    let options = UnlockOptions::new().compatibility(version);
    unlock(path, &raw_key(KEY), &options)?;
    let connection = keyed(path, version)??;
    Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

/// What is wrong with the file, if that is what an error says.
pub(super) fn damage(error: &CipherError) -> Option<Damage> {
    match error {
        CipherError::Damaged { damage, .. } => Some(*damage),
        _ => None,
    }
}

fn derived(path: &Path, version: CipherCompatibility) -> TestResult<DerivedKey> {
    let salt = std::fs::read(path)?[..16].try_into()?;
    Ok(DerivedKey::derive(&raw_key(KEY), salt, version))
}
