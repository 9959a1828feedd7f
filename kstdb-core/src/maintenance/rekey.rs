//! Another key for the database of a pool.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use kstdb_cipher::{CipherKey, CipherProfile, DerivedKey, opens};

use super::access::Access;
use super::convert::new_access;
use super::progress::{Observer, Progress, Step};
use super::sole::Sole;
use super::space::Size;
use super::verify::check_pages;
use super::{MaintenanceError, RekeyOptions, file, journal, sole, swap};
use crate::error::{DatabaseConnectionError, DatabaseError};
use crate::open::FileKey;
use crate::pool::{Alone, PoolInner};

/// The pause between two looks at how far SQLCipher is.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Beside each page a journal keeps its number and a checksum.
const JOURNAL_FRAME_BYTES: u64 = 8;

/// How the key gets into the file.
#[derive(Debug)]
enum Way {
    /// SQLCipher encrypts the pages anew where they are: they keep their size, and the file its
    /// salt.
    InPlace,
    /// All goes into a new file.
    NewFile,
}

/// See [`AsyncDatabase::rekey`](crate::AsyncDatabase::rekey).
pub(crate) async fn rekey(
    pool: &Arc<PoolInner>,
    key: Arc<CipherKey>,
    options: &RekeyOptions,
) -> Result<(), DatabaseError> {
    let Some(path) = pool.file() else {
        return Err(MaintenanceError::InMemory.into());
    };
    if !pool.is_encrypted() {
        let path = path.to_owned();
        return Err(MaintenanceError::NotEncrypted { path }.into());
    }
    if pool.only_reads() {
        let path = path.to_owned();
        return Err(MaintenanceError::ReadOnly { path }.into());
    }
    let observer = options.observer.for_call();
    let _stop = observer.stop_on_drop();
    // Nobody waits for the key derivation: it comes before the pool stands still.
    let planned = key_of(pool)?;
    let (mut way, mut new) = plan(&planned, &key, options.profile).await?;
    let alone = pool.alone().await?;
    let old = key_of(pool)?;
    // Another call of this kind can have changed the salt and the format in the meantime.
    if !planned.derived.is_same_as(&old.derived) || planned.profile != old.profile {
        (way, new) = plan(&old, &key, options.profile).await?;
    }
    // The rounds alone are in no page.
    if matches!(way, Way::InPlace) && old.derived.is_same_as(&new.derived) {
        return Err(MaintenanceError::SameKey.into());
    }
    // From here on it runs to its end by itself, and the pool goes along, whoever waits for it.
    let job = pool.runtime().spawn(change(alone, old, new, way, observer));
    job.await
        .map_err(|_| DatabaseConnectionError::RuntimeShutdown)?
}

fn key_of(pool: &PoolInner) -> Result<FileKey, DatabaseError> {
    pool.key()
        .key()
        .ok_or_else(|| DatabaseConnectionError::Closed.into())
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, DatabaseError> {
    crate::blocking::spawn(work)
        .await
        .map_err(|_| DatabaseConnectionError::RuntimeShutdown.into())
}

/// Derives the new key, and decides what has to be done for it. Without a profile the format stays.
async fn plan(
    old: &FileKey,
    key: &Arc<CipherKey>,
    profile: Option<CipherProfile>,
) -> Result<(Way, FileKey), DatabaseError> {
    let (old, key) = (old.clone(), Arc::clone(key));
    let profile = profile.unwrap_or(old.profile);
    blocking(move || derive(&old, &key, profile)).await?
}

fn derive(
    old: &FileKey,
    key: &CipherKey,
    profile: CipherProfile,
) -> Result<(Way, FileKey), DatabaseError> {
    let derived = DerivedKey::derive(key, old.derived.salt(), profile);
    // The rounds have done their work in the derived key: no page knows them.
    let same_pages = profile.kdf_iterations(old.profile.kdf_iterations) == old.profile;
    // Only a raw key that brings its own salt has another one.
    if same_pages && derived.salt() == old.derived.salt() {
        return Ok((Way::InPlace, FileKey::new(derived, profile)));
    }
    match new_access(key, profile)? {
        Access::Keyed(new) => Ok((Way::NewFile, new)),
        Access::Plain => Err(MaintenanceError::SameKey.into()),
    }
}

/// Changes the key of the file, and takes the pool along.
async fn change(
    alone: Alone,
    old: FileKey,
    new: FileKey,
    way: Way,
    observer: Observer,
) -> Result<(), DatabaseError> {
    alone.close_connections().await;
    // All of it goes to the blocking thread, which no shutdown of the runtime stops half way.
    blocking(move || {
        let pool = alone.pool();
        let changed = change_file(pool, &old, &new, &way, &observer);
        // No connection is open, and none can be opened as long as `alone` lives.
        match changed.key {
            Key::Old => {}
            Key::New => {
                pool.key().replace(new);
                tracing::info!("the key of the database was changed");
            }
            Key::InDoubt => {
                let path = pool.file().unwrap_or(Path::new("")).to_owned();
                pool.key().doubt(new, path, pool.settings().busy_timeout);
            }
        }
        changed.result
    })
    .await?
}

/// What became of the file. The pool follows the file, not the result.
struct Changed {
    key: Key,
    result: Result<(), DatabaseError>,
}

/// The key that a file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Old,
    New,
    /// One of the two.
    InDoubt,
}

impl From<Result<(), DatabaseError>> for Changed {
    fn from(result: Result<(), DatabaseError>) -> Self {
        Self {
            key: if result.is_ok() { Key::New } else { Key::Old },
            result,
        }
    }
}

fn change_file(
    pool: &PoolInner,
    old: &FileKey,
    new: &FileKey,
    way: &Way,
    observer: &Observer,
) -> Changed {
    let patience = pool.settings().busy_timeout;
    let (from, to) = (Access::Keyed(old.clone()), Access::Keyed(new.clone()));
    let taken = file::look(pool.file().unwrap_or(Path::new("")), true)
        .and_then(|found| Sole::take(&found.path, &from, patience, observer));
    match (taken, way) {
        (Ok(sole), Way::InPlace) => in_place(sole, old, new, patience, observer),
        (Ok(sole), Way::NewFile) => swap::swap(sole, &from, &to, observer).into(),
        (Err(error), _) => Err(error).into(),
    }
}

/// Has SQLCipher encrypt every page anew. Blocks.
///
/// One transaction with a rollback journal, which holds the pages as they were: after a crash the
/// next connection puts them back, and needs no key for it. Then the old key opens the file again.
/// With a write-ahead log the file would hold pages under both keys for a moment.
fn in_place(
    sole: Sole,
    old: &FileKey,
    new: &FileKey,
    patience: Duration,
    observer: &Observer,
) -> Changed {
    let from = Access::Keyed(old.clone());
    let size = match begin(&sole, observer) {
        Ok(size) => size,
        Err(error) => {
            sole.release(&from);
            return Err(error).into();
        }
    };
    let (path, was_wal) = (sole.path().to_owned(), sole.was_wal());
    let rekeyed = watching(&sole, size, observer, || {
        kstdb_cipher::rekey(sole.sql(), &new.derived)
    });
    // **Invariant:** this connection writes nothing more. After a failure it would encrypt what it
    // writes with the new key, in a file that has the old one.
    drop(sole);
    let opened_by = |key: &FileKey| opens(&path, &key.derived, key.profile, patience);
    // Nobody can stop it any more.
    let damaged_pages = || {
        let report = check_pages(&path, new, None, &Observer::default());
        report.map(|report| report.damaged)
    };
    // A key that opens the file is proof. So is the first page, where the file is only locked; but a
    // journal that could not be played back yet holds the pages of the old key.
    let key = match opened_by(new) {
        Ok(true) => Key::New,
        _ if opened_by(old).unwrap_or(false) || journal::is_unfinished(&path) => Key::Old,
        _ if damaged_pages().is_ok_and(|runs| runs.first().is_none_or(|run| run.first != 1)) => {
            Key::New
        }
        _ => Key::InDoubt,
    };
    match key {
        Key::Old => sole::restore_mode(&path, &from, was_wal),
        Key::New => sole::restore_mode(&path, &Access::Keyed(new.clone()), was_wal),
        // With the wrong key nothing may be written.
        Key::InDoubt => {}
    }
    let prove = || {
        let (path, source) = (path.clone(), rekeyed.err());
        match key {
            Key::Old => return Err(MaintenanceError::KeyNotChanged { path, source }.into()),
            Key::InDoubt => return Err(MaintenanceError::KeyInDoubt { path, source }.into()),
            Key::New => {}
        }
        let damaged = |finding| {
            let path = path.clone();
            Err(MaintenanceError::Damaged { path, finding }.into())
        };
        if opened_by(old)? {
            return damaged("the old key opens it still".to_owned());
        }
        if let Some(run) = damaged_pages()?.first() {
            return damaged(format!("under the new key, {run}"));
        }
        observer.tell(Progress::new(Step::Rekey, size.pages, size.pages));
        Ok(())
    };
    Changed {
        key,
        result: prove(),
    }
}

/// What can be refused is refused before the first page is written.
fn begin(sole: &Sole, observer: &Observer) -> Result<Size, DatabaseError> {
    let size = sole.size()?;
    size.fits_again(sole.path())?;
    // The commit is that the journal becomes empty, which `FULL` waits for.
    sole.sql()
        .execute_batch("PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = FULL")?;
    if observer.tell(Progress::new(Step::Rekey, 0, size.pages)) {
        Ok(size)
    } else {
        Err(MaintenanceError::Stopped.into())
    }
}

/// Tells how far SQLCipher is, which says nothing itself: every page goes into the journal first.
fn watching<T>(sole: &Sole, size: Size, observer: &Observer, work: impl FnOnce() -> T) -> T {
    let journal = sole.beside("-journal");
    let frame_bytes = size.page_bytes + JOURNAL_FRAME_BYTES;
    let (end, ended) = std::sync::mpsc::channel::<()>();
    std::thread::scope(|threads| {
        threads.spawn(move || {
            // Ends when the sender is gone.
            while ended
                .recv_timeout(LOOK_EVERY)
                .is_err_and(|error| error == std::sync::mpsc::RecvTimeoutError::Timeout)
            {
                let bytes = journal.metadata().map_or(0, |file| file.len());
                // Nothing can stop it any more.
                observer.tell(Progress::new(Step::Rekey, bytes / frame_bytes, size.pages));
            }
        });
        let done = work();
        drop(end);
        done
    })
}
