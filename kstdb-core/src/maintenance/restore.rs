//! A backup put in the place of a database that nobody has open.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use kstdb_cipher::{CipherKey, FileReport, FileState, UnlockOptions, hold, inspect, opens};
use rusqlite::Connection;

use super::access::Access;
use super::backup::prove;
use super::blocking::blocking;
use super::failure::Failure;
use super::progress::{Observer, Progress, Step};
use super::sole::Sole;
use super::staging::Staging;
use super::{MaintenanceError, MaintenanceOptions, file, space};
use crate::error::{DatabaseConnectionError, DatabaseError};
use crate::open::Target;

/// Describes a database that was restored.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Restored {
    /// The file.
    pub path: PathBuf,
    /// Its size, in bytes.
    pub size_bytes: u64,
    /// Whether it took the place of another file.
    pub replaced: bool,
}

/// Puts a backup in the place of a database, or where there is none yet. The backup stays.
///
/// The backup is copied beside the database and checked whole there: the HMAC of every page, then
/// [`PRAGMA quick_check`](https://www.sqlite.org/pragma.html#pragma_quick_check). Only then the copy
/// takes the name of the database, in one step; a crash leaves the old database or the restored
/// one. The database keeps the key of the backup, and gets mode `0600`.
///
/// The old database is lost. It may be damaged or have another key; but what its write-ahead log
/// holds is copied back with the key first, so that there is a whole database at every moment. If
/// that cannot be done the call is refused.
///
/// # Errors
///
/// - [`DatabaseError::Encryption`]: the key does not open the backup, or it needs one or none
/// - [`MaintenanceError::Damaged`]: the backup is damaged
/// - [`MaintenanceError::InUse`]: the database or the backup is open somewhere, or the backup has a
///   write-ahead log that is not part of it yet
/// - [`MaintenanceError::LogLeft`]: the database has a write-ahead log or a journal that does not
///   fit the key
/// - [`DatabaseError::Maintenance`]: not enough space, no permission, stopped by the caller, ...
///
/// After any of them the database is as it was.
///
/// # Cancel safety
///
/// Dropping the future stops the call soon and leaves the old database; if the restored one just
/// takes its place, the restored one.
///
/// # Example
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # if !kstdb_core::is_sqlcipher_available() { return Ok(()) }
/// use kstdb_core::maintenance::{MaintenanceOptions, restore};
/// use kstdb_core::{AsyncDatabase, CipherKey};
///
/// # let dir = tempfile::tempdir()?;
/// # let (path, backup) = (dir.path().join("app.db"), dir.path().join("monday.db"));
/// let db = AsyncDatabase::builder(&path).passphrase("correct horse").connect().await?;
/// db.backup(&backup).await?;
/// db.close().await?;
///
/// let key = CipherKey::passphrase("correct horse")?;
/// let restored = restore(&backup, &path, Some(key.into()), &MaintenanceOptions::new()).await?;
/// assert!(restored.replaced);
/// # Ok(())
/// # }
/// ```
pub async fn restore(
    backup: impl AsRef<Path>,
    database: impl AsRef<Path>,
    key: Option<Arc<CipherKey>>,
    options: &MaintenanceOptions,
) -> Result<Restored, DatabaseError> {
    let (backup, database) = (backup.as_ref().to_owned(), database.as_ref().to_owned());
    let settings = options.clone();
    blocking(&options.observer, move |observer| {
        let (Target::File(backup), Target::File(database)) =
            (Target::new(&backup)?, Target::new(&database)?)
        else {
            return Err(MaintenanceError::InMemory.into());
        };
        run(&backup, &database, key.as_deref(), &settings, observer)
    })
    .await
}

/// Restores. Blocks.
fn run(
    backup: &Path,
    database: &Path,
    key: Option<&CipherKey>,
    options: &MaintenanceOptions,
    observer: &Observer,
) -> Result<Restored, DatabaseError> {
    let (backup, access) = Access::of_file(backup, key, options.profile, options.follow_symlinks)?;
    let backup = backup.as_path();
    let report = inspect(backup)?;
    let found = look(database, options)?;
    let database = &found.path;
    if file::identity(&report.path) == file::identity(database) {
        let (path, reason) = (report.path, "it is the database itself");
        return Err(DatabaseConnectionError::UnusablePath { path, reason }.into());
    }
    let page_bytes = options.profile.page_size_bytes as u64;
    let size = space::Size {
        pages: report.size_bytes / page_bytes,
        page_bytes,
    };
    size.fits_again(database)?;

    let staging = Staging::create(database)?;
    let tell = |done: u64, all: u64| {
        observer.go_on(Progress::new(
            Step::Copy,
            done / page_bytes,
            all / page_bytes,
        ))
    };
    let size_bytes = staging.fill_from(backup, tell)?;
    prove(&staging, &access, backup, observer)
        .map_err(|error| Access::explain(error, backup, key, options.profile))?;

    let old = match found.state {
        FileState::Missing => None,
        _ => Some(Old::take(&found, key, options, observer)?),
    };
    if observer.is_stopped() {
        return Err(MaintenanceError::Stopped.into());
    }
    let replaced = old.is_some();
    match old {
        Some(old) => old.replace(staging, database)?,
        None => {
            // Somebody can have left a log there since.
            look(database, options)?;
            staging.name(database)?;
        }
    }
    Ok(Restored {
        path: database.clone(),
        size_bytes,
        replaced,
    })
}

/// The place of the database, behind any link.
#[derive(Debug)]
struct Found {
    path: PathBuf,
    state: FileState,
}

fn look(database: &Path, options: &MaintenanceOptions) -> Result<Found, DatabaseError> {
    let report = inspect(database)?;
    UnlockOptions::new()
        .follow_symlinks(options.follow_symlinks)
        .check(&report)?;
    let found = Found {
        path: report.target.clone(),
        state: report.state,
    };
    match report.state {
        // A log without its database would be taken for that of the new one.
        FileState::Missing if has_log(&report) => {
            let path = report.path;
            Err(MaintenanceError::LogLeft { path }.into())
        }
        // Whatever it is, it is lost.
        FileState::Missing | FileState::Empty | FileState::TooSmall => Ok(found),
        _ => file::look(database, options.follow_symlinks).map(|found| Found {
            path: found.path,
            state: found.state,
        }),
    }
}

fn has_log(report: &FileReport) -> bool {
    report.sidecars.wal.size_bytes > 0 || report.sidecars.journal.size_bytes > 0
}

/// The old database, which nobody else can use any more.
enum Old {
    /// It opened with the key: there is no log left.
    Opened(Sole, Access),
    /// It did not; it has no log.
    Held(Connection),
}

impl Old {
    fn take(
        found: &Found,
        key: Option<&CipherKey>,
        options: &MaintenanceOptions,
        observer: &Observer,
    ) -> Result<Self, DatabaseError> {
        let path = &found.path;
        let failure = Failure::on(path);
        let patience = options.busy_timeout;
        let access = match (found.state, key) {
            (FileState::Plaintext { .. }, _) => Some(Access::Plain),
            (FileState::Opaque { .. }, Some(_)) => {
                let (_, access) = Access::of_file(path, key, options.profile, false)?;
                let key = match &access {
                    Access::Keyed(key) => key,
                    Access::Plain => return Err(failure.in_use()),
                };
                let opens = opens(path, &key.derived, key.profile, patience);
                opens
                    .map_err(|error| failure.busy_or(error))?
                    .then_some(access)
            }
            _ => None,
        };
        if let Some(access) = access {
            match Sole::take(path, &access, patience, observer) {
                Ok(sole) => return Ok(Self::Opened(sole, access)),
                // Damaged where it has to be read: no log can be copied back.
                Err(DatabaseError::Maintenance(MaintenanceError::Sqlite { .. })) => {}
                Err(error) => return Err(error),
            }
        }
        let held = hold(path).map_err(|error| failure.busy_or(error))?;
        // Only now: whoever had it open can have taken the log along.
        if has_log(&inspect(path)?) {
            let path = path.clone();
            return Err(MaintenanceError::LogLeft { path }.into());
        }
        Ok(Self::Held(held))
    }

    /// Puts the new file in its place.
    fn replace(self, staging: Staging, database: &Path) -> Result<(), DatabaseError> {
        match self {
            Self::Held(held) => staging.replace(database, &held),
            Self::Opened(sole, access) => {
                let replaced = staging.replace(database, sole.sql());
                if replaced.is_err() {
                    sole.release(&access);
                }
                replaced
            }
        }
    }
}
