//! What a caller says about a maintenance call.

use std::ops::ControlFlow;
use std::time::Duration;

use kstdb_cipher::CipherProfile;

use super::progress::{Observer, Progress};

/// How long to wait for others to let go of the file. Default of `busy_timeout`.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Says how [`encrypt`](super::encrypt), [`decrypt`](super::decrypt) and
/// [`upgrade`](super::upgrade) treat the file.
#[derive(Clone, Debug)]
#[must_use = "options do nothing until they are given to a call"]
pub struct MaintenanceOptions {
    pub(super) profile: CipherProfile,
    pub(super) follow_symlinks: bool,
    pub(super) busy_timeout: Duration,
    pub(super) observer: Observer,
}

/// Says how [`AsyncDatabase::rekey_with`](crate::AsyncDatabase::rekey_with) changes the key.
#[derive(Clone, Debug, Default)]
#[must_use = "options do nothing until they are given to a call"]
pub struct RekeyOptions {
    pub(super) profile: Option<CipherProfile>,
    pub(super) observer: Observer,
}

impl Default for MaintenanceOptions {
    fn default() -> Self {
        Self {
            profile: CipherProfile::default(),
            follow_symlinks: false,
            busy_timeout: BUSY_TIMEOUT,
            observer: Observer::default(),
        }
    }
}

impl MaintenanceOptions {
    /// Gives the defaults: the format of SQLCipher 4, no links, 5 s of patience.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the format of the encrypted file: the one that `encrypt` and `upgrade` make, and the
    /// one that `decrypt` expects. Default: that of SQLCipher 4.
    pub fn profile(mut self, profile: impl Into<CipherProfile>) -> Self {
        self.profile = profile.into();
        self
    }

    /// Sets whether the path may be a symbolic link, which then leads to the new file. Default: no.
    pub fn follow_symlinks(mut self, follow: bool) -> Self {
        self.follow_symlinks = follow;
        self
    }

    /// Sets how long to wait for others to let go of the file. Default: 5 s.
    pub fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = timeout;
        self
    }

    /// Has the call say how far it is. [`ControlFlow::Break`] stops it: what was begun is removed,
    /// and the call ends with [`MaintenanceError::Stopped`](super::MaintenanceError::Stopped).
    pub fn on_progress(
        mut self,
        listener: impl Fn(Progress) -> ControlFlow<()> + Send + Sync + 'static,
    ) -> Self {
        self.observer = Observer::new(listener);
        self
    }
}

impl RekeyOptions {
    /// Gives the defaults: the format stays.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets another format for the file, such as more rounds of the KDF. A program that opens it
    /// then has to say so, with [`cipher_profile`](crate::DatabaseBuilder::cipher_profile), unless
    /// it is that of [`CipherCompatibility::V4`](crate::CipherCompatibility::V4).
    ///
    /// Rounds alone are changed in the pages as they are. Anything else is copied into a new file,
    /// as [`upgrade`](super::upgrade) does.
    pub fn profile(mut self, profile: impl Into<CipherProfile>) -> Self {
        self.profile = Some(profile.into());
        self
    }

    /// Has the call say how far it is. [`ControlFlow::Break`] stops it as long as no page is
    /// written in place: then it ends with
    /// [`MaintenanceError::Stopped`](super::MaintenanceError::Stopped).
    pub fn on_progress(
        mut self,
        listener: impl Fn(Progress) -> ControlFlow<()> + Send + Sync + 'static,
    ) -> Self {
        self.observer = Observer::new(listener);
        self
    }
}
