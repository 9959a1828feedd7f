//! Files to open: databases of several kinds, and what is none.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use kstdb_core::CipherKey;
use kstdb_core::cipher::rusqlite::Connection;
use kstdb_core::cipher::{CipherCompatibility, UnlockOptions, apply_derived_key, unlock};

use crate::support::{TestResult, raw_key};

/// The passphrase where stretching it matters.
pub(super) const PASSPHRASE: &str = "correct horse";

const FILL: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
    INSERT INTO t SELECT i, hex(randomblob(100)) FROM n";

/// The file that is opened.
pub(super) fn db(directory: &Path) -> PathBuf {
    directory.join("app.db")
}

/// An encrypted database of more than ten pages, closed.
pub(super) fn encrypted(directory: &Path, key: &CipherKey) -> TestResult {
    let path = db(directory);
    let unlocked = unlock(&path, key, &UnlockOptions::new().create_if_missing(true))?;
    let connection = Connection::open(&path)?;
    apply_derived_key(&connection, &unlocked.derived, CipherCompatibility::V4)?;
    connection.execute_batch(FILL)?;
    Ok(())
}

/// One under the key of most cases.
pub(super) fn usual(directory: &Path) -> TestResult {
    encrypted(directory, &raw_key(7))
}

/// An encrypted database under the passphrase, by the rules of a PRAGMA that is set after the key.
pub(super) fn other_settings(directory: &Path, pragma: &str) -> TestResult {
    let connection = Connection::open(db(directory))?;
    connection.pragma_update(None, "key", PASSPHRASE)?;
    connection.execute_batch(pragma)?;
    connection.execute_batch(FILL)?;
    private(directory)
}

pub(super) fn plaintext(directory: &Path) -> TestResult {
    Connection::open(db(directory))?.execute_batch(FILL)?;
    private(directory)
}

/// A file of these bytes.
pub(super) fn bytes(directory: &Path, bytes: &[u8]) -> TestResult {
    fs::write(db(directory), bytes)?;
    private(directory)
}

/// Bytes without a meaning, the same in every run.
pub(super) fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..length).map(|_| next()).collect()
}

/// Writes over a part of the database.
pub(super) fn overwrite(directory: &Path, bytes: &[u8], offset: u64) -> TestResult {
    let file = OpenOptions::new().write(true).open(db(directory))?;
    Ok(file.write_all_at(bytes, offset)?)
}

/// Gives the database this mode.
pub(super) fn mode(path: &Path, mode: u32) -> TestResult {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(fs::set_permissions(path, fs::Permissions::from_mode(mode))?)
}

fn private(directory: &Path) -> TestResult {
    mode(&db(directory), 0o600)
}
