//! Another key for every page, and the proof of it.

use std::ops::ControlFlow::Continue;
use std::path::Path;
use std::time::Duration;

use kstdb_cipher::rusqlite::Connection;
use kstdb_cipher::{
    CipherError, CipherProfile, DerivedKey, PageCheck, check_pages, inspect, opens, rekey,
};

use crate::support::{TestResult, create, open, raw_key, rows};

/// Derives a key with the salt that the file has.
fn derived(path: &Path, byte: u8) -> Result<DerivedKey, CipherError> {
    let salt = match inspect(path)?.state {
        kstdb_cipher::FileState::Opaque { salt } => salt,
        _ => [0; 16],
    };
    Ok(DerivedKey::derive(
        &raw_key(byte),
        salt,
        CipherProfile::default(),
    ))
}

fn is_opened_by(path: &Path, key: &DerivedKey) -> Result<bool, CipherError> {
    opens(path, key, CipherProfile::default(), Duration::ZERO)
}

#[test]
fn every_page_gets_the_new_key() -> TestResult {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("app.db");
    create(&path, &raw_key(1))?;
    let (old, new) = (derived(&path, 1)?, derived(&path, 2)?);
    assert!(!old.is_same_as(&new) && old.is_same_as(&derived(&path, 1)?));
    assert!(is_opened_by(&path, &old)? && !is_opened_by(&path, &new)?);

    let connection = open(&path, &old)?;
    connection.execute_batch("PRAGMA journal_mode = DELETE")?;
    rekey(&connection, &new)?;
    drop(connection);
    assert!(is_opened_by(&path, &new)? && !is_opened_by(&path, &old)?);
    let check = |key| check_pages(&path, key, &PageCheck::new(), &|_, _| Continue(()));
    assert!(check(&new)?.is_sound());
    assert!(check(&old).is_err_and(|error| error.is_wrong_key()));
    assert_eq!(rows(&open(&path, &new)?)?, 200);
    Ok(())
}

#[test]
fn a_connection_without_a_key_has_none_to_change() -> TestResult {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("app.db");
    create(&path, &raw_key(1))?;
    let unkeyed = Connection::open(&path)?;
    let refused = rekey(&unkeyed, &derived(&path, 2)?);
    assert!(matches!(refused, Err(CipherError::Sqlite { .. })));
    assert!(is_opened_by(&path, &derived(&path, 1)?)?);
    Ok(())
}

#[test]
fn whether_a_key_opens_a_missing_file_is_not_known() -> TestResult {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("app.db");
    let key = DerivedKey::derive(&raw_key(1), [0; 16], CipherProfile::default());
    assert!(is_opened_by(&path, &key).is_err());
    assert!(!path.exists());
    Ok(())
}
