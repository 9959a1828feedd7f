//! A rollback journal beside a database: of a transaction that is not over, or, in WAL mode, what is
//! left of a change of the mode that was killed before it had done anything.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::access::Access;
use crate::error::DatabaseError;
use crate::open::FileKey;

/// Removes such a journal, if there is one. SQLite rolls back one that counts, and leaves one that
/// does not where it is.
///
/// In WAL mode nobody writes a journal. Who changes the mode does, and needs the exclusive lock for
/// it, which nobody gets while this connection reads.
pub(crate) fn sweep_journal(database: &Path, key: Option<&FileKey>) {
    let journal = journal_of(database);
    if journal.symlink_metadata().is_err() {
        return;
    }
    let access = key.map_or(Access::Plain, |key| Access::Keyed(key.clone()));
    if let Err(error) = remove(database, &journal, &access) {
        tracing::debug!(%error, path = %journal.display(), "left behind, and cannot be removed");
    }
}

/// Says whether a transaction is not over: its journal has a header, which is zeroed or cut off when
/// it ends. SQLite locks no journal, so that it may be read here.
pub(super) fn is_unfinished(database: &Path) -> bool {
    let mut first = [0];
    let read = File::open(journal_of(database)).and_then(|mut file| file.read_exact(&mut first));
    read.is_ok() && first != [0]
}

fn journal_of(database: &Path) -> PathBuf {
    let mut journal = database.as_os_str().to_owned();
    journal.push("-journal");
    journal.into()
}

fn remove(database: &Path, journal: &Path, access: &Access) -> Result<(), DatabaseError> {
    let sql = access.open(database)?;
    sql.execute_batch("BEGIN")?;
    sql.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    let mode: String = sql.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
    if mode == "wal" && journal.is_file() {
        // If it fails the next opening tries again.
        drop(std::fs::remove_file(journal));
    }
    Ok(())
}
