//! A directory of its own for each test, and databases in it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use kstdb_core::secrecy::SecretBox;
use kstdb_core::{
    AsyncDatabase, CipherKey, DatabaseBuilder, DatabaseError, DbConfig, is_sqlcipher_available,
};
use tempfile::TempDir;

/// What a test waits for something that happens at once on a machine that does nothing else.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// A raw key, where the key derivation is not the point.
pub(crate) fn raw_key(byte: u8) -> CipherKey {
    CipherKey::raw_key(SecretBox::new(Box::new([byte; 32])))
}

/// A database that reads no settings of the machine; encrypted if the library can encrypt.
pub(crate) fn builder(path: impl Into<PathBuf>) -> DatabaseBuilder {
    let builder = AsyncDatabase::builder(path).config(DbConfig::default());
    if is_sqlcipher_available() {
        builder.key(raw_key(7))
    } else {
        builder
    }
}

/// The lock between processes that write, where the library needs one.
#[cfg(unix)]
pub(crate) fn writer_lock() -> Option<&'static str> {
    let fixed = kstdb_core::cipher::library().wal_reset_fixed;
    (!fixed).then_some("app.db-writer-lock")
}

/// A directory that is removed with everything in it.
pub(crate) struct Files(TempDir);

impl Files {
    pub(crate) fn new() -> std::io::Result<Self> {
        tempfile::tempdir().map(Self)
    }

    /// In memory, if the system has a place for that: where the disk is not the point.
    #[cfg(all(unix, feature = "sqlcipher"))]
    pub(crate) fn in_memory() -> std::io::Result<Self> {
        match tempfile::tempdir_in("/dev/shm") {
            Ok(dir) => Ok(Self(dir)),
            Err(_) => Self::new(),
        }
    }

    pub(crate) fn dir(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The path of the database that most tests have.
    pub(crate) fn db(&self) -> PathBuf {
        self.path("app.db")
    }

    pub(crate) fn builder(&self) -> DatabaseBuilder {
        builder(self.db())
    }

    /// Opens the database with the usual pool.
    pub(crate) async fn open(&self) -> Result<AsyncDatabase, DatabaseError> {
        self.builder().connect().await
    }

    /// Opens the database with a pool of so many connections and the shortest timeout.
    pub(crate) async fn open_with(&self, connections: u32) -> Result<AsyncDatabase, DatabaseError> {
        let builder = self.builder().max_connections(connections);
        builder
            .acquire_timeout(Duration::from_secs(1))
            .connect()
            .await
    }

    /// Names the files of the directory that this process has open.
    #[cfg(target_os = "linux")]
    pub(crate) fn open_descriptors(&self) -> std::io::Result<Vec<PathBuf>> {
        let mut open = Vec::new();
        for entry in std::fs::read_dir("/proc/self/fd")? {
            // Another test can close one of its own in between.
            if let Ok(target) = std::fs::read_link(entry?.path())
                && target.starts_with(self.dir())
            {
                open.push(target);
            }
        }
        Ok(open)
    }
}
