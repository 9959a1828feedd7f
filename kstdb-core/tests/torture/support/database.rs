//! Databases of the programme: raw keys, so that no time goes into deriving one.

use std::path::Path;
use std::time::Duration;

use anyhow::ensure;
use kstdb_core::secrecy::SecretBox;
use kstdb_core::{AsyncDatabase, CipherKey, DatabaseBuilder, DatabaseError, DbConfig};

use super::canary;

/// The key of every database: one that nothing else looks like, and that is nowhere in memory but in
/// the boxes that hold it.
pub(crate) fn raw_key() -> CipherKey {
    CipherKey::raw_key(SecretBox::init_with_mut(|key: &mut [u8; 32]| {
        for (index, place) in key.iter_mut().enumerate() {
            *place = canary::key_byte(index);
        }
    }))
}

/// The key of a database whose key was changed.
pub(crate) fn next_raw_key() -> CipherKey {
    CipherKey::raw_key(SecretBox::init_with_mut(|key: &mut [u8; 32]| {
        for (index, place) in key.iter_mut().enumerate() {
            *place = !canary::key_byte(index);
        }
    }))
}

/// An encrypted database that reads no settings of the machine and tries everything once.
pub(crate) fn builder(path: &Path) -> DatabaseBuilder {
    AsyncDatabase::builder(path)
        .config(DbConfig::default())
        .key(raw_key())
        .max_connections(2)
        .max_attempts(1)
        .acquire_timeout(Duration::from_secs(2))
        .busy_timeout(Duration::from_secs(1))
}

/// Checks every page, as SQLCipher sees them and as SQLite does.
pub(crate) async fn checked_from_inside(db: &AsyncDatabase) -> anyhow::Result<()> {
    let faults: Vec<(String,)> = db.fetch_all("PRAGMA cipher_integrity_check", ()).await?;
    ensure!(faults.is_empty(), "cipher_integrity_check: {faults:?}");
    let answer: Result<Vec<(String,)>, DatabaseError> =
        db.fetch_all("PRAGMA integrity_check", ()).await;
    let answer = answer?;
    ensure!(
        answer == [("ok".to_owned(),)],
        "integrity_check: {answer:?}"
    );
    Ok(())
}
