//! What several modules need: keys, files, child processes, error chains.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use kstdb_cipher::CipherKey;
use kstdb_cipher::secrecy::SecretBox;

pub(crate) type TestResult<T = ()> = Result<T, Box<dyn Error>>;

const CHILD_VARIABLE: &str = "KSTDB_CIPHER_TEST_CHILD";

/// A raw key, where the key derivation is not the point.
pub(crate) fn raw_key(byte: u8) -> CipherKey {
    CipherKey::raw_key(SecretBox::new(Box::new([byte; 32])))
}

/// The bytes of every file in a directory, by name.
pub(crate) fn snapshot(directory: &Path) -> Result<BTreeMap<String, Vec<u8>>, std::io::Error> {
    let mut files = BTreeMap::new();
    for entry in directory.read_dir()? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let bytes = if entry.path().is_file() {
            std::fs::read(entry.path())?
        } else {
            Vec::new()
        };
        files.insert(name, bytes);
    }
    Ok(files)
}

/// Runs one test of this binary alone in a process of its own.
pub(crate) fn child(test: &str) -> Result<Command, std::io::Error> {
    let mut command = Command::new(std::env::current_exe()?);
    command
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(CHILD_VARIABLE, test);
    Ok(command)
}

/// Says whether this process was started by [`child`] for this test.
#[expect(
    clippy::disallowed_methods,
    reason = "this is how a child knows that it is one"
)]
pub(crate) fn is_child(test: &str) -> bool {
    std::env::var(CHILD_VARIABLE).is_ok_and(|name| name == test)
}

/// The messages of an error and all its causes.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}

/// Runs a future on a runtime of its own.
#[cfg(any(feature = "sqlcipher", feature = "keyring"))]
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> Result<T, std::io::Error> {
    Ok(tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(future))
}

/// Creates an encrypted database with 200 rows in the table `t`, more than ten pages.
#[cfg(feature = "sqlcipher")]
pub(crate) fn create(path: &Path, key: &CipherKey) -> TestResult {
    use kstdb_cipher::{UnlockOptions, unlock};
    let unlocked = unlock(path, key, &UnlockOptions::new().create_if_missing(true))?;
    assert!(unlocked.created);
    open(path, &unlocked.derived)?.execute_batch(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
         INSERT INTO t SELECT i, hex(randomblob(100)) FROM n",
    )?;
    Ok(())
}

/// Opens one more connection with a key that was derived before.
#[cfg(feature = "sqlcipher")]
pub(crate) fn open(
    path: &Path,
    key: &kstdb_cipher::DerivedKey,
) -> Result<rusqlite::Connection, Box<dyn Error>> {
    let connection = rusqlite::Connection::open(path)?;
    kstdb_cipher::apply_derived_key(&connection, key, kstdb_cipher::CipherProfile::default())?;
    Ok(connection)
}

/// Counts the rows of `t`.
#[cfg(feature = "sqlcipher")]
pub(crate) fn rows(connection: &rusqlite::Connection) -> Result<i64, rusqlite::Error> {
    connection.query_row("SELECT count(*) FROM t", [], |row| row.get(0))
}
