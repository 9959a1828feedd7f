//! A file taken for oneself: whole in one piece, locked, and open nowhere else as far as SQLite
//! can tell.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::access::Access;
use super::failure::Failure;
use super::progress::Observer;
use super::{MaintenanceError, space};
use crate::error::DatabaseError;
use crate::session::Codec;

/// The pause between two tries to take the file.
const PAUSE: Duration = Duration::from_millis(10);

/// The one connection of a file.
///
/// **Invariant:** while it lives the file has no write-ahead log and no journal beside it, and
/// nobody else reads or writes it. Whoever had it open in WAL mode would have kept it from leaving
/// that mode; whoever has it open in another mode holds no lock just now, and gets none.
#[derive(Debug)]
pub(super) struct Sole {
    sql: Connection,
    path: PathBuf,
    codec: Codec,
    was_wal: bool,
}

impl Sole {
    /// Takes the file, at the latest after `patience`. Blocks.
    pub(super) fn take(
        path: &Path,
        access: &Access,
        patience: Duration,
        observer: &Observer,
    ) -> Result<Self, DatabaseError> {
        let sole = match Self::open(path, access, patience) {
            // A first page that could not be read passes for one of a later format, which SQLite only
            // reads: what is said twice counts.
            Err(DatabaseError::Maintenance(MaintenanceError::ReadOnly { .. })) => {
                Self::open(path, access, patience)?
            }
            opened => opened?,
        };
        let start = Instant::now();
        loop {
            match sole.lock() {
                Ok(()) => break,
                // SQLite itself does not wait for others to leave WAL mode.
                Err(DatabaseError::Maintenance(MaintenanceError::InUse { .. }))
                    if start.elapsed() < patience && observer.ask() =>
                {
                    std::thread::sleep(PAUSE);
                }
                Err(error) => {
                    sole.release(access);
                    return Err(error);
                }
            }
        }
        observer.watch(&sole.sql)?;
        Ok(sole)
    }

    /// Opens the file, which must be writable.
    fn open(path: &Path, access: &Access, patience: Duration) -> Result<Self, DatabaseError> {
        let sql = access.open(path)?;
        let failure = Failure::on(path);
        sql.busy_timeout(patience)
            .map_err(failure.to("configure the connection"))?;
        // With the first read SQLite rolls back what a crash has left behind.
        let was_wal = journal_mode(&sql).map_err(failure.to("read the database"))? == "wal";
        if sql
            .is_readonly("main")
            .map_err(failure.to("open the database"))?
        {
            let path = path.to_owned();
            return Err(MaintenanceError::ReadOnly { path }.into());
        }
        Ok(Self {
            codec: Codec::of(&sql, access.is_encrypted()),
            sql,
            path: path.to_owned(),
            was_wal,
        })
    }

    /// Copies the log back and leaves WAL mode, which SQLite refuses while anybody else has the
    /// file open in it; then keeps the exclusive lock.
    fn lock(&self) -> Result<(), DatabaseError> {
        let failure = Failure::on(&self.path);
        let in_use = || {
            let path = self.path.clone();
            Err(MaintenanceError::InUse { path }.into())
        };
        let unlocked = "PRAGMA locking_mode = NORMAL; PRAGMA wal_checkpoint(TRUNCATE)";
        self.sql
            .execute_batch(unlocked)
            .map_err(failure.to("checkpoint the database"))?;
        let left: String = self
            .sql
            .query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))
            .map_err(failure.to("leave WAL mode"))?;
        if left != "delete" {
            return in_use();
        }
        // In this mode a lock, once taken, is kept until the connection is closed.
        self.sql
            .execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT")
            .map_err(failure.to("lock the database"))?;
        // Somebody could have gone back to WAL mode in between.
        if journal_mode(&self.sql).map_err(failure.to("read the database"))? != "delete" {
            return in_use();
        }
        self.remove_empty_log()
    }

    /// Removes the log where SQLite left the mode, and did not say that it could not remove it.
    fn remove_empty_log(&self) -> Result<(), DatabaseError> {
        let log = self.beside("-wal");
        let Ok(found) = log.symlink_metadata() else {
            return Ok(());
        };
        if found.len() > 0 {
            return Err(Failure::on(&self.path).in_use());
        }
        std::fs::remove_file(&log).map_err(Failure::on(&log).io("remove the write-ahead log"))
    }

    pub(super) fn sql(&self) -> &Connection {
        &self.sql
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the file was in WAL mode.
    pub(super) fn was_wal(&self) -> bool {
        self.was_wal
    }

    /// The size of the file, in bytes, and of its pages.
    pub(super) fn size(&self) -> Result<space::Size, DatabaseError> {
        space::Size::of(&self.sql).map_err(Failure::on(&self.path).to("measure the database"))
    }

    /// Says whether every page that was read so far is authentic.
    pub(super) fn check_pages(&self) -> Result<(), DatabaseError> {
        Ok(self.codec.check(&self.sql)?)
    }

    /// A file beside the database.
    pub(super) fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(suffix);
        name.into()
    }

    /// Gives the file back to others, in the mode that it had.
    pub(super) fn release(self, access: &Access) {
        let Self {
            sql, path, was_wal, ..
        } = self;
        drop(sql);
        restore_mode(&path, access, was_wal);
    }
}

/// Puts a file back into the mode that it had, on a connection of its own, and removes what is left
/// of a journal. What fails here is made good when the file is opened next.
pub(super) fn restore_mode(path: &Path, access: &Access, was_wal: bool) {
    let mode = if was_wal { "WAL" } else { "DELETE" };
    let restored = access.open(path).and_then(|sql| {
        // From one mode to the other SQLite removes a journal of length zero.
        let modes = ["TRUNCATE", "DELETE", mode];
        for mode in modes {
            sql.query_row(&format!("PRAGMA journal_mode = {mode}"), [], |_| Ok(()))
                .map_err(Failure::on(path).to("restore the journal mode"))?;
        }
        Ok(())
    });
    if let Err(error) = restored {
        tracing::debug!(%error, "the journal mode is left for the next connection");
    }
}

fn journal_mode(sql: &Connection) -> rusqlite::Result<String> {
    // The mode is known only once the file has been read.
    sql.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    sql.query_row("PRAGMA journal_mode", [], |row| row.get(0))
}
