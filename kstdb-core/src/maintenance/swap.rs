//! A database file replaced by one that says the same in another form.

use std::path::Path;

use super::access::Access;
use super::compare::{check, compare};
use super::copy::copy;
use super::failure::Failure;
use super::progress::{Observer, Progress, Step};
use super::sole::Sole;
use super::staging::Staging;
use super::verify::prove_pages;
use super::{MaintenanceError, file};
use crate::error::DatabaseError;

/// Writes the database anew, and puts it in the place of the old file. Blocks.
///
/// A crash leaves the old file or the new one under the name, each whole by itself:
/// 1. the old file has no log and no journal, and stays locked, from before the first row is read
///    until its name leads to the new one: whoever waits for it writes nothing that would be lost;
/// 2. the new file is copied under another name, each of its pages is authenticated, it is compared
///    with the old one on a fresh connection, checked, closed and synced;
/// 3. `rename` puts it in place, and the directory is synced;
/// 4. only then the old file, which has no name any more, is made unusable for those who still
///    have it open.
pub(super) fn swap(
    sole: Sole,
    from: &Access,
    to: &Access,
    observer: &Observer,
) -> Result<(), DatabaseError> {
    let replaced = replace(&sole, to, observer);
    if replaced.is_err() {
        sole.release(from);
    }
    replaced
}

fn replace(sole: &Sole, access: &Access, observer: &Observer) -> Result<(), DatabaseError> {
    let path = sole.path();
    let stopped = || DatabaseError::from(MaintenanceError::Stopped);
    let size = sole.size()?;
    size.fits_again(path)?;
    let identity = file::identity(path);
    if !observer.tell(Progress::new(Step::Copy, 0, size.pages)) {
        return Err(stopped());
    }
    check(sole.sql(), path)?;
    let staging = Staging::create(path)?;
    let rows = write(sole, &staging, access, observer)?;
    prove(sole, &staging, access, rows, observer)?;
    if !observer.tell(Progress::new(Step::Compare, rows, rows)) {
        return Err(stopped());
    }
    if file::identity(path) != identity {
        // Moved or replaced by somebody who does not know of locks.
        let path = path.to_owned();
        return Err(MaintenanceError::InUse { path }.into());
    }
    staging.replace(path, sole.sql())
}

/// Fills the new file and closes it.
fn write(
    sole: &Sole,
    staging: &Staging,
    access: &Access,
    observer: &Observer,
) -> Result<u64, DatabaseError> {
    let new = access.open(staging.path())?;
    observer.watch(&new)?;
    let rows = copy(sole, &new, access.is_encrypted(), observer)?;
    let failure = Failure::on(sole.path());
    if sole.was_wal() {
        // The header says so; the log that comes with it goes when the connection is closed.
        new.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))
            .map_err(failure.to("set the journal mode"))?;
    }
    new.close()
        .map_err(|(_, error)| failure.to("close the new file")(error))?;
    Ok(rows)
}

/// Proves on a fresh connection that the new file is what it is to be, and says the same.
fn prove(
    sole: &Sole,
    staging: &Staging,
    access: &Access,
    rows: u64,
    observer: &Observer,
) -> Result<(), DatabaseError> {
    if !file::is_kept_by(staging.path(), access)? {
        let what = "it is not encrypted as asked".to_owned();
        return Err(MaintenanceError::Differs { what }.into());
    }
    // Also those that no row and no index is on.
    prove_pages(staging.path(), access, Failure::on(sole.path()), observer)?;
    let new = access.open(staging.path())?;
    observer.watch(&new)?;
    if !observer.tell(Progress::new(Step::Compare, 0, rows)) {
        return Err(MaintenanceError::Stopped.into());
    }
    compare(sole, &new, rows, observer)?;
    check(&new, staging.path())?;
    new.close()
        .map_err(|(_, error)| Failure::on(sole.path()).to("close the new file")(error))
}

/// Takes a file and writes it anew. Blocks.
pub(super) fn convert(
    path: &Path,
    from: &Access,
    to: &Access,
    options: &super::MaintenanceOptions,
    observer: &Observer,
) -> Result<(), DatabaseError> {
    let sole = Sole::take(path, from, options.busy_timeout, observer)?;
    swap(sole, from, to, observer)
}
