//! The new file, as long as it has no name of its own: `.app.db.kstdb-new` beside `app.db`.
//!
//! Whoever makes one holds a lock on it (`flock`, which SQLite does not use). A file of this name
//! that nobody has locked was left behind by a crash: the next call and the next opening remove it.
//! Between the end of that lock and the name that the file gets it is the directory that is locked.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
#[cfg(unix)]
use std::time::{Duration, Instant};

use kstdb_cipher::{CipherError, retire};
use rusqlite::Connection;
use tempfile::TempPath;

use super::MaintenanceError;
use super::failure::Failure;
use crate::error::DatabaseError;
use crate::open::{create_private, is_same_file};

/// What SQLite may have put beside the new file.
const SIDE_FILES: [&str; 3] = ["-journal", "-wal", "-shm"];

/// How long to wait for the lock of a directory, and the pause between two tries.
#[cfg(unix)]
const LONGEST_WAIT: Duration = Duration::from_secs(2);
#[cfg(unix)]
const PAUSE: Duration = Duration::from_millis(1);

/// A new file of mode 0600, removed when dropped.
#[derive(Debug)]
pub(super) struct Staging {
    path: PathBuf,
    /// Locked. `None` once the file has its name.
    file: Option<File>,
}

impl Staging {
    /// Creates the file beside `database`, or says that somebody else is making one.
    pub(super) fn create(database: &Path) -> Result<Self, DatabaseError> {
        let path = staging_path(database);
        let failure = Failure::on(database);
        let in_use = || MaintenanceError::InUse {
            path: database.to_owned(),
        };
        sweep(database);
        let file = match create_private(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(in_use().into());
            }
            Err(error) => return Err(failure.io("create a file in the directory")(error)),
        };
        match file.try_lock() {
            Ok(()) => {}
            // Taken for left behind in the moment before it was locked.
            Err(TryLockError::WouldBlock) => return Err(in_use().into()),
            Err(TryLockError::Error(error)) => {
                drop(std::fs::remove_file(&path));
                return Err(failure.io("lock the new file")(error));
            }
        }
        Ok(Self {
            path,
            file: Some(file),
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Fills the file with the bytes of another one, which nobody has open, and says how many those
    /// were.
    pub(super) fn fill_from(
        &self,
        path: &Path,
        progress: impl Fn(u64, u64) -> ControlFlow<()>,
    ) -> Result<u64, DatabaseError> {
        let Some(file) = &self.file else { return Ok(0) };
        kstdb_cipher::copy_file(path, file, progress).map_err(|error| match error {
            CipherError::Cancelled => MaintenanceError::Stopped.into(),
            error => Failure::on(path).busy_or(error),
        })
    }

    /// Gives the file a name that nobody has, and syncs both. No connection has it open.
    ///
    /// **Invariant:** as for [`replace`](Self::replace), and no file is ever overwritten.
    pub(super) fn name(mut self, path: &Path) -> Result<(), DatabaseError> {
        let failure = Failure::on(path);
        if let Some(file) = &self.file {
            file.sync_all().map_err(failure.io("sync the new file"))?;
        }
        let _nobody_sweeps = lock_directory(path);
        drop(self.file.take());
        let unnamed =
            TempPath::try_from_path(&self.path).map_err(failure.io("find the new file"))?;
        if let Err(refused) = unnamed.persist_noclobber(path) {
            let exists = refused.error.kind() == io::ErrorKind::AlreadyExists;
            // What could not be named is removed when `refused` is dropped.
            return Err(match exists {
                true => MaintenanceError::Exists {
                    path: path.to_owned(),
                }
                .into(),
                false => failure.io("name the new file")(refused.error),
            });
        }
        sync_directory(path).map_err(failure.io("sync the directory"))
    }

    /// Gives the file the name of the database, which it replaces and ends. No connection has it
    /// open; `old`, which has the old one, keeps everybody else out of that.
    ///
    /// **Invariant:** all of it is on the disk before it has the name, and the name is on the disk
    /// before the old file is made unusable for those who still have it open: after a power cut
    /// there is the old file or the new one. Its descriptor is closed before that: closing one later
    /// would drop the locks of whoever opens it first.
    pub(super) fn replace(
        mut self,
        database: &Path,
        old: &Connection,
    ) -> Result<(), DatabaseError> {
        let failure = Failure::on(database);
        if let Some(file) = &self.file {
            keep_owner(file, database).map_err(failure.io("give the new file its owner"))?;
            file.sync_all().map_err(failure.io("sync the new file"))?;
        }
        let nobody_sweeps = lock_directory(database);
        drop(self.file.take());
        if let Err(error) = std::fs::rename(&self.path, database) {
            remove(&self.path);
            return Err(failure.io("replace the file")(error));
        }
        drop(nobody_sweeps);
        if let Err(error) = sync_directory(database) {
            // The new file is in place: it would be wrong to say that nothing has changed.
            tracing::warn!(%error, "the directory was not synced: a power cut can undo the change");
        } else if let Err(error) = retire(old) {
            tracing::debug!(%error, "those who have the old file open can still read it");
        }
        Ok(())
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if let Some(file) = self.file.take() {
            remove(&self.path);
            drop(file);
        }
    }
}

/// Removes the new file that a crash left beside `database`, if there is one that nobody works on.
pub(crate) fn sweep(database: &Path) {
    let path = staging_path(database);
    let Ok(found) = path.symlink_metadata() else {
        return;
    };
    // Only what has been left behind may be lost: never what a link leads to.
    if !found.is_file() {
        return;
    }
    // Until it is closed again: a descriptor of what has become the database would take its locks
    // along.
    let Ok(_nobody_finishes) = lock_directory(database) else {
        return;
    };
    let file = match OpenOptions::new().read(true).write(true).open(&path) {
        Ok(file) => file,
        Err(error) => {
            tracing::debug!(%error, path = %path.display(), "left behind, and cannot be removed");
            return;
        }
    };
    // Another process may have replaced it since: then the lock is on a file without a name.
    if file.try_lock().is_ok() && is_same_file(&file, &path) {
        remove(&path);
        tracing::info!(path = %path.display(), "removed what a crash had left behind");
    }
}

/// The name of the new file: `.app.db.kstdb-new`.
fn staging_path(database: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(database.file_name().unwrap_or_default());
    name.push(".kstdb-new");
    database.with_file_name(name)
}

fn remove(path: &Path) {
    for suffix in SIDE_FILES {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        drop(std::fs::remove_file(PathBuf::from(name)));
    }
    if let Err(error) = std::fs::remove_file(path) {
        tracing::warn!(%error, path = %path.display(), "cannot be removed");
    }
}

/// Locks the directory of a file against others who sweep or give a name in it: each takes a moment.
///
/// An error says that somebody keeps it, who is none of those. Where directories have no locks
/// nothing is locked.
#[cfg(unix)]
fn lock_directory(file: &Path) -> Result<Option<File>, TryLockError> {
    let begun = Instant::now();
    let Some(directory) = file.parent().and_then(|path| File::open(path).ok()) else {
        return Ok(None);
    };
    loop {
        match directory.try_lock() {
            Ok(()) => return Ok(Some(directory)),
            Err(TryLockError::Error(_)) => return Ok(None),
            Err(TryLockError::WouldBlock) if begun.elapsed() < LONGEST_WAIT => {
                std::thread::sleep(PAUSE);
            }
            Err(kept) => return Err(kept),
        }
    }
}

#[cfg(not(unix))]
fn lock_directory(_: &Path) -> Result<Option<File>, TryLockError> {
    Ok(None)
}

/// Makes the names in the directory of a file survive a power cut.
fn sync_directory(file: &Path) -> io::Result<()> {
    match file.parent() {
        Some(directory) if cfg!(unix) => File::open(directory)?.sync_all(),
        _ => Ok(()),
    }
}

/// Gives the new file the owner of the old one, whom root must not lock out.
///
/// Its group has no rights in a file of mode 0600. So it is not needed: who is not a member of it
/// may not give it.
#[cfg(unix)]
fn keep_owner(file: &File, database: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, fchown};

    let (new, old) = (file.metadata()?, database.metadata()?);
    if new.uid() != old.uid() {
        fchown(file, Some(old.uid()), None)?;
    }
    match fchown(file, None, Some(old.gid())) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        given => given,
    }
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    type TestResult = Result<(), Box<dyn std::error::Error>>;

    fn database() -> io::Result<(tempfile::TempDir, PathBuf)> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("app.db");
        std::fs::write(&path, "old")?;
        Ok((dir, path))
    }

    #[test]
    fn what_is_worked_on_is_not_swept_away() -> TestResult {
        let (_dir, path) = database()?;
        let staging = Staging::create(&path)?;
        sweep(&path);
        assert!(staging.path().exists());
        assert!(Staging::create(&path).is_err_and(|error| error.is_busy()));
        drop(staging);
        assert!(!staging_path(&path).exists());
        Ok(())
    }

    #[test]
    fn what_a_crash_left_behind_is_removed() -> TestResult {
        let (dir, path) = database()?;
        for suffix in ["", "-wal", "-shm", "-journal"] {
            std::fs::write(dir.path().join(format!(".app.db.kstdb-new{suffix}")), "x")?;
        }
        sweep(&path);
        assert_eq!(dir.path().read_dir()?.count(), 1);
        Ok(())
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_is_just_given_its_name_is_not_swept_away() -> TestResult {
        let (_dir, path) = database()?;
        let new = staging_path(&path);
        std::fs::write(&new, "new")?;
        // What `replace` does, stopped where the file has neither its lock nor its name.
        let nobody_sweeps = lock_directory(&path)?;
        let (done, swept) = std::sync::mpsc::channel();
        std::thread::scope(|threads| {
            threads.spawn(|| {
                sweep(&path);
                done.send(())
            });
            assert!(swept.recv_timeout(Duration::from_millis(100)).is_err());
            std::fs::rename(&new, &path)?;
            drop(nobody_sweeps);
            TestResult::Ok(swept.recv()?)
        })?;
        assert_eq!(std::fs::read(&path)?, b"new");
        Ok(())
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_the_place_of_the_new_file_is_not_followed() -> TestResult {
        let (dir, path) = database()?;
        let other = dir.path().join("other");
        std::fs::write(&other, "mine")?;
        std::os::unix::fs::symlink(&other, staging_path(&path))?;
        sweep(&path);
        assert!(Staging::create(&path).is_err());
        assert_eq!(std::fs::read(&other)?, b"mine");
        Ok(())
    }

    #[test]
    fn the_new_file_takes_the_name_of_the_old_one() -> TestResult {
        let (dir, path) = database()?;
        let second_name = dir.path().join("old.db");
        std::fs::hard_link(&path, &second_name)?;
        let old = kstdb_cipher::hold(&path)?;
        let staging = Staging::create(&path)?;
        std::fs::write(staging.path(), "new")?;
        staging.replace(&path, &old)?;
        assert_eq!(std::fs::read(&path)?, b"new");
        // Whoever has the old one open finds no database in it any more.
        drop(old);
        assert!(std::fs::read(&second_name)?.iter().all(|byte| *byte == 0));
        std::fs::remove_file(&second_name)?;
        assert_eq!(dir.path().read_dir()?.count(), 1);
        Ok(())
    }
}
