//! Why a maintenance call did not do its work.

use std::io;
use std::path::PathBuf;

use crate::error::{EncryptionError, SqliteError};

/// A maintenance call failed. The database is as it was before, except that after a rekey
/// [`Damaged`](Self::Damaged) can speak of the new state.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MaintenanceError {
    /// Another process or another pool has the file open, or another maintenance call is at work.
    #[error("{}: in use elsewhere, and this needs the file for itself", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The file, or the directory that it is in, cannot be written.
    #[error("{}: the database is read-only", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// There is not enough space for a second copy.
    #[error("{}: {available_bytes} bytes are free, and {needed_bytes} are needed", path.display())]
    NotEnoughSpace {
        /// The file, or its directory.
        path: PathBuf,
        /// What is needed, in bytes.
        needed_bytes: u64,
        /// What is free, in bytes.
        available_bytes: u64,
    },
    /// The new key is the one that the database has, and its pages would stay as they are: the rounds
    /// of the KDF mean nothing to a raw key.
    #[error("the new key is the one that the database has")]
    SameKey,
    /// The database has no key that could be changed: `encrypt` gives it one.
    #[error("{}: the database is not encrypted", path.display())]
    NotEncrypted {
        /// The file.
        path: PathBuf,
    },
    /// The file is encrypted already, or not a database: without the key nobody can tell.
    #[error("{}: the file is encrypted already, or not a database", path.display())]
    AlreadyEncrypted {
        /// The file.
        path: PathBuf,
    },
    /// There is no file: the database is in memory.
    #[error("a database in memory has no file")]
    InMemory,
    /// There is a file of that name already, and it is not to be overwritten.
    #[error("{}: there is a file of that name already", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// A write-ahead log or a journal is beside the file, and cannot be copied back with this key:
    /// the new file would be taken for the one that it belongs to.
    #[error(
        "{}: a write-ahead log or journal that this key cannot copy back is beside it; move both \
         away first", path.display()
    )]
    LogLeft {
        /// The file.
        path: PathBuf,
    },
    /// A transaction is not over: somebody is writing just now, or a crash has left its journal beside
    /// the file. SQLite puts the old pages back when the database is opened.
    #[error(
        "{}: the journal of a transaction that is not over is beside it; wait for its writer, or open \
         the database once, which rolls it back", path.display()
    )]
    Unfinished {
        /// The file.
        path: PathBuf,
    },
    /// The caller wanted it to stop.
    #[error("stopped before it was done")]
    Stopped,
    /// A part of the schema cannot be made anew: it uses what only the application has, such as a
    /// collation or a function of its own.
    #[error("the {object} cannot be made anew")]
    Schema {
        /// What it is and its name.
        object: String,
        /// What SQLite said.
        #[source]
        source: SqliteError,
    },
    /// The new file is not equal to the old one.
    #[error("the new file differs from the old one: {what}")]
    Differs {
        /// Where.
        what: String,
    },
    /// The database is damaged.
    #[error("{}: the database is damaged: {finding}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the check said first.
        finding: String,
    },
    /// SQLCipher could not write all pages, and put back those that it had written: the disk is
    /// full, for example.
    #[error("{}: the key was not changed", path.display())]
    KeyNotChanged {
        /// The file.
        path: PathBuf,
        /// What SQLCipher said. Older versions say nothing.
        #[source]
        source: Option<EncryptionError>,
    },
    /// The file has the old key or the new one, and cannot be read to tell which. The database goes on
    /// with the one that it has, as soon as it can be read again.
    #[error("{}: nobody can read whether the key was changed", path.display())]
    KeyInDoubt {
        /// The file.
        path: PathBuf,
        /// Why it cannot be read.
        #[source]
        source: Option<EncryptionError>,
    },
    /// SQLite failed.
    #[error("SQLite failed to {context}")]
    Sqlite {
        /// What was tried.
        context: &'static str,
        /// What SQLite said.
        #[source]
        source: SqliteError,
    },
    /// The operating system failed.
    #[error("{}: failed to {context}", path.display())]
    Io {
        /// What was tried.
        context: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}
