//! Whether a database is opened for writing, for reading, or as it lies.

use std::path::Path;

use kstdb_cipher::inspect;

use crate::error::{DatabaseConnectionError, DatabaseError};

/// What a program may do to the file, and others meanwhile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpenMode {
    /// The program reads and writes. A missing file is created, and the file is put into
    /// [WAL mode](https://www.sqlite.org/wal.html). The default.
    #[default]
    ReadWrite,
    /// The program reads. A statement that writes is refused by SQLite
    /// ([`SqliteErrorKind::ReadOnly`](crate::error::SqliteErrorKind::ReadOnly)), a missing file is not
    /// created, the journal mode stays what it is, and nothing that a killed run left is removed.
    ///
    /// A file that the process may not write is opened for reading only. One that it may write is
    /// treated as every reader of SQLite has to: a transaction that a crash left half done is rolled
    /// back, and the last connection clears the log away.
    ///
    /// A file in WAL mode can be read only where `-wal` and `-shm` are there or can be
    /// [created](https://www.sqlite.org/wal.html#readonly); elsewhere there is
    /// [`Immutable`](Self::Immutable).
    ReadOnly,
    /// As [`ReadOnly`](Self::ReadOnly), and the program vouches that nobody changes the file while it
    /// is open: [SQLite](https://www.sqlite.org/uri.html#uriimmutable) takes no lock, creates nothing
    /// and looks at nothing beside the file. If somebody does write, what is read can be wrong.
    ///
    /// A file with a `-wal` or `-journal` beside it is refused: alone it is not the whole database.
    Immutable,
}

impl OpenMode {
    /// Tells whether nothing is to be written.
    pub(crate) const fn only_reads(self) -> bool {
        !matches!(self, Self::ReadWrite)
    }

    /// Refuses a file that is not the whole database, where only the file is read.
    pub(super) fn check(self, path: &Path) -> Result<(), DatabaseError> {
        if self != Self::Immutable {
            return Ok(());
        }
        let beside = inspect(path)?.sidecars;
        if beside.wal.size_bytes == 0 && beside.journal.size_bytes == 0 {
            return Ok(());
        }
        Err(DatabaseConnectionError::UnusablePath {
            path: path.to_owned(),
            reason: "it has a -wal or -journal, without which it is not the whole database",
        }
        .into())
    }
}
