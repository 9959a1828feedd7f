//! What a key costs. The counter is per process, so each count runs in a child of its own.

use kstdb_cipher::{CipherKey, UnlockOptions, key_derivations, unlock};

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
