//! The one copy of the derived key: sent to each new connection, wiped when the pool closes.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kstdb_cipher::{CipherProfile, DerivedKey, apply_derived_key, opens};
use sqlx::{Connection as _, SqliteConnection};
use tokio::sync::Notify;

use crate::blocking;
use crate::error::{DatabaseConnectionError, DatabaseError};
use crate::session::with_handle;

/// The key of a pool, or the knowledge that it has none.
#[derive(Clone)]
pub(crate) struct KeySlot(Arc<Slot>);

struct Slot {
    encrypted: bool,
    key: Mutex<Option<Held>>,
    failure: Mutex<Option<DatabaseError>>,
    failed: Notify,
}

/// What a pool keys its connections with.
struct Held {
    key: FileKey,
    /// The key that the file has instead, perhaps: nobody could read which one it is.
    perhaps: Option<Candidate>,
}

struct Candidate {
    key: FileKey,
    path: PathBuf,
    busy_timeout: Duration,
}

/// A derived key with the format of the file that it opens. Clones share the key.
#[derive(Clone, Debug)]
pub(crate) struct FileKey {
    pub(crate) derived: Arc<DerivedKey>,
    pub(crate) profile: CipherProfile,
}

impl FileKey {
    pub(crate) fn new(derived: DerivedKey, profile: CipherProfile) -> Self {
        Self {
            derived: Arc::new(derived),
            profile,
        }
    }

    /// Keys a connection that has just been opened.
    pub(crate) fn apply(&self, sql: &rusqlite::Connection) -> Result<(), DatabaseError> {
        Ok(apply_derived_key(sql, &self.derived, self.profile)?)
    }
}

impl KeySlot {
    pub(crate) fn new(key: Option<FileKey>) -> Self {
        Self(Arc::new(Slot {
            encrypted: key.is_some(),
            key: Mutex::new(key.map(|key| Held { key, perhaps: None })),
            failure: Mutex::default(),
            failed: Notify::new(),
        }))
    }

    /// The key; `None` without one, and after [`wipe`](Self::wipe).
    pub(crate) fn key(&self) -> Option<FileKey> {
        self.lock().as_ref().map(|held| held.key.clone())
    }

    /// Drops the key, which wipes it. No connection can be opened afterwards.
    pub(crate) fn wipe(&self) {
        drop(self.lock().take());
    }

    /// Takes another key for all connections from now on; not for a pool that was closed.
    pub(crate) fn replace(&self, key: FileKey) {
        if let Some(held) = self.lock().as_mut() {
            *held = Held { key, perhaps: None };
        }
    }

    /// Has the next connection find out whether the file has another key by now.
    pub(crate) fn doubt(&self, key: FileKey, path: PathBuf, busy_timeout: Duration) {
        if let Some(held) = self.lock().as_mut() {
            held.perhaps = Some(Candidate {
                key,
                path,
                busy_timeout,
            });
        }
    }

    /// The key that the file has, which is found out first if nobody knows. Blocks.
    fn decided(&self) -> Result<FileKey, DatabaseError> {
        let mut locked = self.lock();
        let held = locked.as_mut().ok_or(DatabaseConnectionError::Closed)?;
        if let Some(candidate) = &held.perhaps {
            let opened_by = |key: &FileKey| {
                let Candidate {
                    path, busy_timeout, ..
                } = candidate;
                opens(path, &key.derived, key.profile, *busy_timeout)
            };
            // What cannot be read now opens with neither, and stays in doubt.
            if opened_by(&candidate.key)? {
                held.key = candidate.key.clone();
                held.perhaps = None;
            } else if opened_by(&held.key)? {
                held.perhaps = None;
            }
        }
        Ok(held.key.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Option<Held>> {
        self.0.key.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keys a connection that sqlx has just opened.
    ///
    /// **Invariant:** a connection leaves here keyed, or not at all. sqlx would try an error again
    /// until its timeout; [`failure`](Self::failure) ends the wait instead.
    pub(super) async fn apply(&self, connection: &mut SqliteConnection) -> sqlx::Result<()> {
        if !self.0.encrypted {
            return Ok(());
        }
        let applied = {
            let mut locked = connection.lock_handle().await?;
            blocking::here(|| with_handle(&mut locked, |sql| self.decided()?.apply(sql)))
        };
        // The handle is locked a second time later; without an answer in between that can hang.
        connection.ping().await?;
        applied.map_err(|error: DatabaseError| {
            *self
                .0
                .failure
                .lock()
                .unwrap_or_else(PoisonError::into_inner) = Some(error);
            self.0.failed.notify_one();
            sqlx::Error::Configuration("the connection cannot be keyed".into())
        })
    }

    /// Waits until a connection could not be keyed, and says why.
    pub(crate) async fn failure(&self) -> DatabaseError {
        loop {
            self.0.failed.notified().await;
            let failure = self
                .0
                .failure
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take();
            if let Some(error) = failure {
                return error;
            }
        }
    }
}

impl std::fmt::Debug for KeySlot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeySlot")
            .field("encrypted", &self.0.encrypted)
            .finish_non_exhaustive()
    }
}
