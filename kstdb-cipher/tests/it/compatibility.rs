//! Files of other programs and of older SQLCipher versions.

use std::path::{Path, PathBuf};

use kstdb_cipher::CipherCompatibility::{V1, V2, V3, V4};
use kstdb_cipher::rusqlite::Connection;
use kstdb_cipher::{
    CipherCompatibility, CipherError, CipherKey, DerivedKey, UnlockOptions, apply_derived_key,
    unlock,
};

use crate::support::{TestResult, create, open, raw_key, rows, snapshot};

const VERSIONS: [CipherCompatibility; 4] = [V1, V2, V3, V4];

/// Versions 2 and 3 differ in the stretching of a passphrase only.
const RAW_KEY_VERSIONS: [CipherCompatibility; 3] = [V1, V3, V4];

/// The passphrase of the fixture, which was written by kstlib 3.8.2 with SQLCipher 4.12.
pub(crate) const KSTLIB_PASSPHRASE: &str = "it's a \"cl\u{e9}\" -- \
    \u{43f}\u{430}\u{440}\u{43e}\u{43b}\u{44c} \u{9375} \u{1f511}; ''x''";

/// Copies the fixture to a directory, because opening makes files beside it.
pub(crate) fn kstlib_file(directory: &Path) -> Result<PathBuf, std::io::Error> {
    let path = directory.join("kstlib.db");
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/kstlib_pass.db");
    std::fs::copy(fixture, &path)?;
    Ok(path)
}

/// Writes a database as a program with an older SQLCipher would.
fn write_old(path: &Path, version: CipherCompatibility, key: &str) -> TestResult {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "key", key)?;
    connection.execute_batch(&format!(
        "PRAGMA cipher_compatibility = {};
         CREATE TABLE t (a); INSERT INTO t VALUES (1), (2), (3)",
        version.version()
    ))?;
    Ok(())
}

#[test]
fn a_file_of_kstlib_opens() -> TestResult {
    let dir = tempfile::tempdir()?;
    let path = kstlib_file(dir.path())?;
    let key = CipherKey::passphrase(KSTLIB_PASSPHRASE)?;
    let unlocked = unlock(&path, &key, &UnlockOptions::new())?;
    assert!(!unlocked.created);
    let connection = open(&path, &unlocked.derived)?;
    let many: i64 = connection.query_row("SELECT count(*) FROM many", [], |row| row.get(0))?;
    assert_eq!(many, 3000);
    Ok(())
}

#[test]
fn our_file_opens_elsewhere_with_the_passphrase() -> TestResult {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("app.db");
    create(&path, &CipherKey::passphrase("it's ours")?)?;
    let elsewhere = Connection::open(&path)?;
    elsewhere.execute_batch("PRAGMA key = 'it''s ours'")?;
    assert_eq!(rows(&elsewhere)?, 200);
    Ok(())
}

#[test]
fn files_of_every_version_are_recognised_whatever_was_asked_for() -> TestResult {
    let text = format!("x'{}'", "7e".repeat(32));
    let key = CipherKey::passphrase(text.as_str())?;
    for actual in RAW_KEY_VERSIONS {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("app.db");
        write_old(&path, actual, &text)?;
        let before = snapshot(dir.path())?;
        for asked in RAW_KEY_VERSIONS {
            match unlock(&path, &key, &UnlockOptions::new().compatibility(asked)) {
                Ok(unlocked) => {
                    assert_eq!(asked, actual);
                    let connection = Connection::open(&path)?;
                    apply_derived_key(&connection, &unlocked.derived, actual)?;
                    assert_eq!(rows(&connection)?, 3);
                }
                Err(CipherError::OtherCipherSettings { found, .. }) => {
                    assert_ne!(asked, actual);
                    assert_eq!(found, actual, "asked for {asked:?}");
                }
                Err(error) => return Err(error.into()),
            }
            let options = UnlockOptions::new().compatibility(asked);
            let refused = unlock(&path, &raw_key(1), &options);
            assert!(
                refused.is_err_and(|error| error.is_wrong_key()),
                "{asked:?}"
            );
            assert!(snapshot(dir.path())? == before, "a file was changed");
        }
    }
    Ok(())
}

#[test]
fn older_files_open_with_their_passphrase_and_settings() -> TestResult {
    let key = CipherKey::passphrase("sesame")?;
    for actual in [V1, V2, V3] {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("app.db");
        write_old(&path, actual, "sesame")?;
        for asked in [V4, V3] {
            match unlock(&path, &key, &UnlockOptions::new().compatibility(asked)) {
                Ok(_) => assert_eq!(asked, actual),
                Err(CipherError::OtherCipherSettings { found, .. }) => assert_eq!(found, actual),
                Err(error) => return Err(error.into()),
            }
        }
        let unlocked = unlock(&path, &key, &UnlockOptions::new().compatibility(actual))?;
        let connection = Connection::open(&path)?;
        apply_derived_key(&connection, &unlocked.derived, actual)?;
        assert_eq!(rows(&connection)?, 3);
    }
    Ok(())
}

#[test]
fn a_new_file_has_the_settings_that_were_asked_for() -> TestResult {
    for asked in VERSIONS {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("app.db");
        let options = UnlockOptions::new()
            .compatibility(asked)
            .create_if_missing(true);
        assert!(unlock(&path, &raw_key(0x7e), &options)?.created);
        let elsewhere = Connection::open(&path)?;
        elsewhere.pragma_update(None, "key", format!("x'{}'", "7e".repeat(32)))?;
        elsewhere.pragma_update(None, "cipher_compatibility", asked.version())?;
        elsewhere.execute_batch("CREATE TABLE t (a)")?;
        assert_eq!(rows(&elsewhere)?, 0);
    }
    Ok(())
}

#[test]
fn a_raw_key_with_its_salt_opens_a_file_whose_salt_was_overwritten() -> TestResult {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("app.db");
    let salted = || CipherKey::passphrase(format!("x'{}{}'", "01".repeat(32), "5a".repeat(16)));
    create(&path, &salted()?)?;
    let mut bytes = std::fs::read(&path)?;
    assert_eq!(bytes[..16], [0x5a; 16]);
    bytes[..16].fill(0);
    std::fs::write(&path, bytes)?;
    let refused = unlock(&path, &raw_key(1), &UnlockOptions::new());
    assert!(refused.is_err_and(|error| error.is_wrong_key()));
    let derived = unlock(&path, &salted()?, &UnlockOptions::new())?.derived;
    assert_eq!(rows(&open(&path, &derived)?)?, 200);
    Ok(())
}

#[test]
fn a_key_derived_once_keys_many_connections() -> TestResult {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("app.db");
    let key = raw_key(3);
    create(&path, &key)?;
    let salt = unlock(&path, &key, &UnlockOptions::new())?.derived.salt();
    let derived = DerivedKey::derive(&key, salt, V4);
    let connections = (0..5)
        .map(|_| open(&path, &derived))
        .collect::<Result<Vec<_>, _>>()?;
    for connection in &connections {
        assert_eq!(rows(connection)?, 200);
    }
    Ok(())
}
