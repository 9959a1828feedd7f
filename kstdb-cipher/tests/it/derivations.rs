//! What a key costs. The counter is per process, so each count runs in a child of its own.

use kstdb_cipher::rusqlite::Connection;
use kstdb_cipher::{
    CipherKey, KeyCache, UnlockOptions, apply_cipher_key, key_derivations, unlock, unlock_with,
};

use crate::compatibility::{KSTLIB_PASSPHRASE, kstlib_file};
use crate::support::{TestResult, child, create, is_child, open, raw_key};

/// Runs the test again, alone.
fn alone(test: &str) -> TestResult {
    let output = child(test)?.output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}"
    );
    Ok(())
}

#[test]
fn the_right_passphrase_costs_one_derivation_for_all_connections() -> TestResult {
    let name = "derivations::the_right_passphrase_costs_one_derivation_for_all_connections";
    if !is_child(name) {
        return alone(name);
    }
    let dir = tempfile::tempdir()?;
    let path = kstlib_file(dir.path())?;
    let key = CipherKey::passphrase(KSTLIB_PASSPHRASE)?;
    let derived = unlock(&path, &key, &UnlockOptions::new())?.derived;
    for _ in 0..10 {
        let connection = open(&path, &derived)?;
        connection.query_row("SELECT count(*) FROM users", [], |_| Ok(()))?;
    }
    assert_eq!(key_derivations(), 1);
    Ok(())
}

#[test]
fn a_wrong_passphrase_costs_one_derivation() -> TestResult {
    let name = "derivations::a_wrong_passphrase_costs_one_derivation";
    if !is_child(name) {
        return alone(name);
    }
    let dir = tempfile::tempdir()?;
    let path = kstlib_file(dir.path())?;
    let refused = unlock(
        &path,
        &CipherKey::passphrase("wrong")?,
        &UnlockOptions::new(),
    );
    assert!(refused.is_err_and(|error| error.is_wrong_key()));
    assert_eq!(key_derivations(), 1);
    Ok(())
}

#[test]
fn a_new_database_costs_one_derivation_and_a_raw_key_none() -> TestResult {
    let name = "derivations::a_new_database_costs_one_derivation_and_a_raw_key_none";
    if !is_child(name) {
        return alone(name);
    }
    let dir = tempfile::tempdir()?;
    create(&dir.path().join("raw.db"), &raw_key(1))?;
    assert_eq!(key_derivations(), 0);
    create(
        &dir.path().join("stretched.db"),
        &CipherKey::passphrase("sesame")?,
    )?;
    assert_eq!(key_derivations(), 1);
    Ok(())
}

#[test]
fn a_connection_that_is_keyed_by_itself_costs_one_derivation() -> TestResult {
    let name = "derivations::a_connection_that_is_keyed_by_itself_costs_one_derivation";
    if !is_child(name) {
        return alone(name);
    }
    let dir = tempfile::tempdir()?;
    let path = kstlib_file(dir.path())?;
    let connection = Connection::open(&path)?;
    apply_cipher_key(&connection, &CipherKey::passphrase(KSTLIB_PASSPHRASE)?)?;
    connection.query_row("SELECT count(*) FROM users", [], |_| Ok(()))?;
    assert_eq!(key_derivations(), 1);
    Ok(())
}

#[test]
fn a_cached_key_costs_no_derivation_and_opens_for_its_passphrase_alone() -> TestResult {
    let name = "derivations::a_cached_key_costs_no_derivation_and_opens_for_its_passphrase_alone";
    if !is_child(name) {
        return alone(name);
    }
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("app.db");
    let other = dir.path().join("other.db");
    let options = UnlockOptions::new().create_if_missing(true);
    let key = CipherKey::passphrase("sesame")?;
    let cache = KeyCache::new()?;
    let open = |path, key: &CipherKey| unlock_with(path, key, &options, Some(&cache));

    open(&path, &key)?;
    assert_eq!((key_derivations(), cache.len()), (1, 1));
    let again = open(&path, &key)?;
    assert_eq!((key_derivations(), again.created), (1, false));

    // What is not remembered costs what it always costs, and is refused as always.
    let refused = open(&path, &CipherKey::passphrase("sesam")?);
    assert!(refused.is_err_and(|error| error.is_wrong_key()));
    assert_eq!((key_derivations(), cache.len()), (2, 1));
    open(&other, &key)?;
    assert_eq!((key_derivations(), cache.len()), (3, 2));
    // The same name with another salt is another file.
    std::fs::rename(&other, &path)?;
    open(&path, &key)?;
    assert_eq!(key_derivations(), 3);

    cache.clear();
    open(&path, &key)?;
    assert_eq!(key_derivations(), 4);
    unlock(&path, &key, &UnlockOptions::new())?;
    assert_eq!(key_derivations(), 5);
    Ok(())
}
