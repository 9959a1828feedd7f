//! What works on whole files, each with a search when it is done: no pool is open, so nothing may be
//! there.

use std::path::Path;
use std::sync::Arc;

use kstdb_core::CipherKey;
#[cfg(feature = "sops")]
use kstdb_core::KeySource as _;
use kstdb_core::cipher::{CipherCompatibility, KeyCache, UnlockOptions, rusqlite, unlock_with};
#[cfg(feature = "sops")]
use kstdb_core::cipher::{SopsReader, SopsSource};
use kstdb_core::maintenance::{
    MaintenanceOptions, RekeyOptions, VerifyLevel, VerifyOptions, decrypt, encrypt, restore,
    upgrade, verify,
};

use super::search::{Found, Search};
use super::stages::{builder, key, undisturbed};
use crate::support::TestResult;

/// What the SOPS file of the fixtures begins with.
pub(super) const SOPS_VALUE: &[u8] = b"raw key material \xc3\xa5";

type Stages = Vec<(&'static str, Found)>;

/// The calls on files, on the threads that the library runs them on.
pub(super) async fn calls(search: &Search, directory: &Path) -> TestResult<Stages> {
    let (path, backup) = (directory.join("app.db"), directory.join("b.db"));
    let shared = || TestResult::Ok(Some(Arc::new(key(directory)?)));
    let options = MaintenanceOptions::new();
    let mut stages = Stages::new();
    for (name, level) in [
        ("pages were verified", VerifyLevel::Pages),
        ("a file was verified", VerifyLevel::Everything),
    ] {
        let options = VerifyOptions::new().level(level);
        assert!(verify(&path, shared()?, &options).await?.is_sound());
        stages.push((name, search.run()?));
    }
    let damaged = directory.join("damaged.db");
    let verified = verify(&damaged, shared()?, &VerifyOptions::new()).await?;
    assert!(!verified.is_sound());
    stages.push(("a damaged file was verified", search.run()?));

    let db = builder(directory).connect().await?;
    db.backup(&backup).await?;
    db.close().await?;
    stages.push(("a backup was made", search.run()?));
    restore(&backup, &path, shared()?, &options).await?;
    stages.push(("a backup was restored", search.run()?));

    let db = builder(directory).connect().await?;
    db.rekey(CipherKey::passphrase("another one")?).await?;
    db.rekey(key(directory)?).await?;
    let rounds = CipherCompatibility::V4.profile().kdf_iterations;
    let options_of_rekey = RekeyOptions::new().profile(
        CipherCompatibility::V4
            .profile()
            .kdf_iterations(rounds.saturating_add(1)),
    );
    db.rekey_with(key(directory)?, &options_of_rekey).await?;
    db.close().await?;
    stages.push(("the key was changed there and back", search.run()?));
    std::fs::copy(&backup, &path)?;

    decrypt(&path, key(directory)?, &options).await?;
    stages.push(("a file was decrypted", search.run()?));
    encrypt(&path, key(directory)?, &options).await?;
    stages.push(("a file was encrypted", search.run()?));
    upgrade(directory.join("old.db"), key(directory)?, &options).await?;
    stages.push(("an old file was upgraded", search.run()?));
    std::fs::copy(&backup, &path)?;
    Ok(stages)
}

/// Makes a file of SQLCipher 3 for the upgrade.
pub(super) fn prepare(directory: &Path, passphrase: &str) -> TestResult {
    let sql = rusqlite::Connection::open(directory.join("old.db"))?;
    sql.pragma_update(None, "key", passphrase)?;
    sql.execute_batch("PRAGMA cipher_compatibility = 3; CREATE TABLE t (n)")?;
    Ok(())
}

/// Derived keys that are remembered are there as long as the cache is, and no longer.
pub(super) fn cache(search: &Search, directory: &Path) -> TestResult<Stages> {
    let cache = KeyCache::new()?;
    let unlock = || {
        let (path, options) = (directory.join("app.db"), UnlockOptions::new());
        drop(unlock_with(
            &path,
            &key(directory)?,
            &options,
            Some(&cache),
        )?);
        Ok(())
    };
    let remembered = undisturbed(search, unlock)?;
    let recalled = undisturbed(search, unlock)?;
    for found in [&remembered, &recalled] {
        assert!(found.contains_key("the derived key"), "{found:?}");
        assert!(
            found.keys().all(|name| !name.contains("passphrase")),
            "{found:?}"
        );
    }
    cache.clear();
    Ok(vec![
        ("a key was remembered (permitted)", remembered),
        ("a key was recalled (permitted)", recalled),
        ("the cache was cleared", search.run()?),
    ])
}

/// A SOPS file that is read natively.
#[cfg(feature = "sops")]
pub(super) fn read_sops(search: &Search) -> TestResult<Found> {
    let fixtures = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../kstdb-cipher/tests/fixtures/sops"
    );
    undisturbed(search, || {
        let source = SopsSource::new(format!("{fixtures}/generated/age_binary.bin.json"))
            .identity(format!("{fixtures}/keys/age-id1.txt"))
            .reader(SopsReader::Native)
            .key("data");
        drop(source.resolve()?);
        Ok(())
    })
}
