//! The order of a backup: copied under another name, verified, and only then named.

use std::path::Path;
use std::sync::Arc;

use kstdb_cipher::{FileState, UnlockOptions, hold, inspect};

use super::pages;
use super::{Backup, BackupOptions};
use crate::error::{DatabaseConnectionError, DatabaseError, EncryptionError};
use crate::maintenance::MaintenanceError;
use crate::maintenance::access::Access;
use crate::maintenance::blocking::while_open;
use crate::maintenance::convert::new_access;
use crate::maintenance::failure::Failure;
use crate::maintenance::file;
use crate::maintenance::progress::Observer;
use crate::maintenance::staging::Staging;
use crate::maintenance::verify::{prove_pages, quick_check};
use crate::open::Target;
use crate::pool::PoolInner;
use crate::session::Codec;

/// Backs up the database of a pool, which goes on working.
pub(in crate::maintenance) async fn back_up(
    pool: &Arc<PoolInner>,
    target: &Path,
    options: &BackupOptions,
) -> Result<Backup, DatabaseError> {
    let source = pool.file().ok_or(MaintenanceError::InMemory)?.to_owned();
    let Target::File(target) = Target::new(target)? else {
        return Err(MaintenanceError::InMemory.into());
    };
    let access = Access::of(pool)?;
    let settings = options.clone();
    while_open(pool, &options.observer, move |observer| {
        run(&source, &access, &target, &settings, observer)
    })
    .await
}

/// Makes the backup. Blocks.
///
/// A crash leaves nothing under the name, or what was there before, or the new backup, whole: it is
/// verified and synced before it gets the name, and the name is synced before this is done.
fn run(
    source: &Path,
    access: &Access,
    target: &Path,
    options: &BackupOptions,
    observer: &Observer,
) -> Result<Backup, DatabaseError> {
    // By its own name: SQLite follows no link, not to a directory either.
    let target = &*inspect(target)?.target;
    look(source, target, options)?;
    let new_access = match (access, &options.key) {
        (Access::Keyed(key), Some(new)) => new_access(new, key.profile)?,
        (Access::Plain, Some(_)) => {
            let path = source.to_owned();
            return Err(MaintenanceError::NotEncrypted { path }.into());
        }
        (access, None) => access.clone(),
    };
    let failure = Failure::on(source);
    let connection = access.open(source)?;
    let codec = Codec::of(&connection, access.is_encrypted());
    let size = pages::hold_snapshot(&connection, failure)?;
    size.fits_again(target)?;

    let staging = Staging::create(target)?;
    let mut copy = new_access.open(staging.path())?;
    pages::copy(&connection, &mut copy, &codec, failure, observer)?;
    copy.close()
        .map_err(|(_, error)| failure.to("close the backup")(error))?;
    // Others may begin the write-ahead log anew while the copy is verified.
    drop(connection);
    prove(&staging, &new_access, target, observer)?;

    place(staging, source, target, options)?;
    Ok(Backup {
        path: target.to_owned(),
        size_bytes: size.pages * size.page_bytes,
        pages: size.pages,
    })
}

/// Gives the backup its name, if that is still as it was when the backup was begun.
///
/// An older backup that somebody has opened in the meantime stays: its write-ahead log would be
/// taken for that of the new one, which has the same key.
fn place(
    staging: Staging,
    source: &Path,
    target: &Path,
    options: &BackupOptions,
) -> Result<(), DatabaseError> {
    if !target.exists() {
        look(source, target, options)?;
        return staging.name(target);
    }
    let older = hold(target).map_err(|error| Failure::on(target).busy_or(error))?;
    look(source, target, options)?;
    staging.replace(target, &older)
}

/// Fails unless the name is free, or holds a file that may be replaced and that nobody uses.
fn look(source: &Path, target: &Path, options: &BackupOptions) -> Result<(), DatabaseError> {
    let report = inspect(target)?;
    UnlockOptions::new().check(&report)?;
    let path = report.path;
    let unusable = |reason| {
        let path = path.clone();
        Err(DatabaseConnectionError::UnusablePath { path, reason }.into())
    };
    match report.state {
        FileState::Directory => return unusable("it is a directory"),
        FileState::Special => return unusable("it is not a regular file"),
        // A log beside it would be taken for that of the backup.
        FileState::Missing if report.sidecars.wal.present || report.sidecars.journal.present => {
            return Err(MaintenanceError::LogLeft { path }.into());
        }
        FileState::Missing => return Ok(()),
        _ if !options.overwrite => return Err(MaintenanceError::Exists { path }.into()),
        _ => {}
    }
    let in_use = report.sidecars.wal.present
        || report.sidecars.shm.present
        || report.sidecars.journal.present;
    if in_use || file::identity(source) == file::identity(&path) {
        return Err(MaintenanceError::InUse { path }.into());
    }
    Ok(())
}

/// Proves that the new file is what it is to be: encrypted, every page authentic, and well formed.
pub(in crate::maintenance) fn prove(
    staging: &Staging,
    access: &Access,
    target: &Path,
    observer: &Observer,
) -> Result<(), DatabaseError> {
    let failure = Failure::on(target);
    if !file::is_kept_by(staging.path(), access)? {
        let what = "it is not encrypted as asked".to_owned();
        return Err(MaintenanceError::Differs { what }.into());
    }
    prove_pages(staging.path(), access, failure, observer)?;
    let connection = access.open(staging.path()).map_err(|error| match error {
        DatabaseError::Encryption(EncryptionError::Damaged { damage, .. }) => {
            failure.damaged(damage.to_string())
        }
        error => error,
    })?;
    quick_check(&connection, failure, observer)?;
    connection
        .close()
        .map_err(|(_, error)| failure.to("close the new file")(error))
}
