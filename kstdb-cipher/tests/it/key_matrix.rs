//! {right, none, wrong, changed, empty} x {passphrase, raw key} x {unlock, apply, connect}.

use std::path::Path;

use kstdb_cipher::rusqlite::Connection;
use kstdb_cipher::{
    CipherError, CipherKey, KeyError, UnlockOptions, apply_cipher_key, connect, unlock,
};

use crate::support::{TestResult, block_on, create, open, raw_key, rows, snapshot};

type Opener = fn(&Path, &CipherKey) -> Result<(), CipherError>;

/// The three ways to open a file with a key.
const WAYS: [(&str, Opener); 3] = [
    ("unlock", |path, key| {
        unlock(path, key, &UnlockOptions::new()).map(drop)
    }),
    ("apply_cipher_key", |path, key| {
        let connection = Connection::open(path).map_err(|source| CipherError::Sqlite {
            context: "open",
            source,
        })?;
        apply_cipher_key(&connection, key)
    }),
    ("connect", |path, key| {
        match block_on(connect(path, key, &UnlockOptions::new())) {
            Ok(connected) => connected.map(drop),
            Err(source) => Err(CipherError::Io {
                context: "start",
                path: path.into(),
                source,
            }),
        }
    }),
];

fn passphrase(text: &str) -> Result<CipherKey, KeyError> {
    CipherKey::passphrase(text)
}

fn raw(text: &str) -> Result<CipherKey, KeyError> {
    let byte = text.bytes().fold(0_u8, u8::wrapping_add);
    CipherKey::passphrase(format!("x'{}'", format!("{byte:02x}").repeat(32)))
}

#[test]
fn the_right_key_opens() -> TestResult {
    for make in [passphrase, raw] {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("app.db");
        create(&path, &make("right")?)?;
        for (way, opener) in WAYS {
            assert!(opener(&path, &make("right")?).is_ok(), "{way}");
        }
    }
    Ok(())
}

#[test]
fn a_wrong_key_is_refused_and_changes_nothing() -> TestResult {
    for make in [passphrase, raw] {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("app.db");
        create(&path, &make("right")?)?;
        let before = snapshot(dir.path())?;
        for (way, opener) in WAYS {
            let refused = opener(&path, &make("wrong")?);
            assert!(refused.is_err_and(|error| error.is_wrong_key()), "{way}");
            assert!(snapshot(dir.path())? == before, "{way}: a file was changed");
        }
    }
    Ok(())
}

#[test]
fn without_a_key_nothing_is_readable() -> TestResult {
    for make in [passphrase, raw] {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("app.db");
        create(&path, &make("right")?)?;
        assert!(rows(&Connection::open(&path)?).is_err());
    }
    Ok(())
}

#[test]
fn after_a_change_of_key_only_the_new_one_opens() -> TestResult {
    for make in [passphrase, raw] {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("app.db");
        create(&path, &make("right")?)?;
        let derived = unlock(&path, &make("right")?, &UnlockOptions::new())?.derived;
        let connection = open(&path, &derived)?;
        assert_eq!(rows(&connection)?, 200);
        let new = format!("x'{}'", "5c".repeat(32));
        connection.pragma_update(None, "rekey", &new)?;
        drop(connection);
        for (way, opener) in WAYS {
            let refused = opener(&path, &make("right")?);
            assert!(refused.is_err_and(|error| error.is_wrong_key()), "{way}");
            assert!(
                opener(&path, &CipherKey::passphrase(new.as_str())?).is_ok(),
                "{way}"
            );
        }
    }
    Ok(())
}

#[test]
fn an_empty_key_is_no_key() {
    assert_eq!(CipherKey::passphrase("").err(), Some(KeyError::Empty));
    assert_eq!(
        CipherKey::passphrase(String::new()).err(),
        Some(KeyError::Empty)
    );
}

#[test]
fn a_plaintext_connection_refuses_a_key() -> TestResult {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("app.db");
    let connection = Connection::open(&path)?;
    connection.execute_batch("CREATE TABLE t (a)")?;
    let refused = apply_cipher_key(&connection, &raw_key(1));
    assert!(matches!(refused, Err(CipherError::PlaintextFile { .. })));
    assert_eq!(rows(&connection)?, 0);
    Ok(())
}

#[test]
fn a_second_key_is_refused_rather_than_ignored() -> TestResult {
    let connection = Connection::open_in_memory()?;
    apply_cipher_key(&connection, &raw_key(1))?;
    let refused = apply_cipher_key(&connection, &raw_key(2));
    assert!(matches!(refused, Err(CipherError::AlreadyKeyed)));
    Ok(())
}

#[test]
fn a_locked_database_is_not_a_wrong_key() -> TestResult {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("app.db");
    create(&path, &raw_key(1))?;
    let derived = unlock(&path, &raw_key(1), &UnlockOptions::new())?.derived;
    let owner = open(&path, &derived)?;
    owner.execute_batch("PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE")?;
    let late = Connection::open(&path)?;
    late.busy_timeout(std::time::Duration::ZERO)?;
    let refused = apply_cipher_key(&late, &raw_key(1));
    assert!(refused.is_err_and(|error| error.is_retryable() && !error.is_wrong_key()));
    Ok(())
}
