//! What a caller says about a backup, and what it is told.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use kstdb_cipher::CipherKey;

use crate::maintenance::progress::{Observer, Progress};

/// Says how [`AsyncDatabase::backup_with`](crate::AsyncDatabase::backup_with) makes the backup.
#[derive(Clone, Debug, Default)]
#[must_use = "options do nothing until they are given to a call"]
pub struct BackupOptions {
    pub(super) key: Option<Arc<CipherKey>>,
    pub(super) overwrite: bool,
    pub(super) observer: Observer,
}

/// Describes a backup that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Backup {
    /// The file.
    pub path: PathBuf,
    /// Its size, in bytes.
    pub size_bytes: u64,
    /// How many pages it has.
    pub pages: u64,
}

impl BackupOptions {
    /// Gives the defaults: the key of the database, and no file is overwritten.
    pub fn new() -> Self {
        Self::default()
    }

    /// Encrypts the backup with another key than that of the database. A passphrase is stretched
    /// with a new salt. Default: the key and the salt of the database.
    pub fn key(mut self, key: impl Into<Arc<CipherKey>>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Sets whether an older backup of the same name is replaced, once the new one is verified.
    /// Default: no.
    pub fn overwrite(mut self, overwrite: bool) -> Self {
        self.overwrite = overwrite;
        self
    }

    /// Has the call say how far it is. [`ControlFlow::Break`] stops it: what was begun is removed,
    /// and the call ends with
    /// [`MaintenanceError::Stopped`](crate::maintenance::MaintenanceError::Stopped).
    pub fn on_progress(
        mut self,
        listener: impl Fn(Progress) -> ControlFlow<()> + Send + Sync + 'static,
    ) -> Self {
        self.observer = Observer::new(listener);
        self
    }
}
