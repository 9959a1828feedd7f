//! What a caller says about a verification.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;

use kstdb_cipher::CipherProfile;

use crate::maintenance::progress::{Observer, Progress};

/// Says how much is verified; each level does what the one before it does, and more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum VerifyLevel {
    /// The HMAC of every page and of every frame of the write-ahead log, without opening the file
    /// as a database or decrypting anything. A second for each gibibyte and core.
    Pages,
    /// Also [`PRAGMA integrity_check`](https://www.sqlite.org/pragma.html#pragma_integrity_check)
    /// and [`PRAGMA foreign_key_check`](https://www.sqlite.org/pragma.html#pragma_foreign_key_check),
    /// which read the whole database. Not if pages are damaged: their answer would name sound
    /// pages, too. The default.
    #[default]
    Structure,
    /// Also SQLCipher's own
    /// [`PRAGMA cipher_integrity_check`](https://www.zetetic.net/sqlcipher/sqlcipher-api/#cipher_integrity_check),
    /// as a second opinion about the pages. Not past 4 GiB with a SQLCipher before 4.11, which
    /// calls sound pages damaged there.
    Everything,
}

/// Says how [`verify`](super::verify) and
/// [`AsyncDatabase::verify_with`](crate::AsyncDatabase::verify_with) go about it.
#[derive(Clone, Debug, Default)]
#[must_use = "options do nothing until they are given to a call"]
pub struct VerifyOptions {
    pub(super) level: VerifyLevel,
    pub(super) threads: Option<NonZeroUsize>,
    pub(super) profile: CipherProfile,
    pub(super) follow_symlinks: bool,
    pub(super) observer: Observer,
}

impl VerifyOptions {
    /// Gives the defaults: [`VerifyLevel::Structure`], a thread for each core, no links.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how much is verified. Default: [`VerifyLevel::Structure`].
    pub fn level(mut self, level: VerifyLevel) -> Self {
        self.level = level;
        self
    }

    /// Sets how many threads check pages. Default: as many as the machine runs at once.
    pub fn threads(mut self, threads: NonZeroUsize) -> Self {
        self.threads = Some(threads);
        self
    }

    /// Sets the format of the file; a database that is open knows its own. Default: that of
    /// SQLCipher 4.
    pub fn profile(mut self, profile: impl Into<CipherProfile>) -> Self {
        self.profile = profile.into();
        self
    }

    /// Sets whether the path may be a symbolic link. Default: no.
    pub fn follow_symlinks(mut self, follow: bool) -> Self {
        self.follow_symlinks = follow;
        self
    }

    /// Has the call say how far it is. [`ControlFlow::Break`] stops it, and it ends with
    /// [`MaintenanceError::Stopped`](crate::maintenance::MaintenanceError::Stopped).
    pub fn on_progress(
        mut self,
        listener: impl Fn(Progress) -> ControlFlow<()> + Send + Sync + 'static,
    ) -> Self {
        self.observer = Observer::new(listener);
        self
    }
}
