//! Why there is no connection.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::SqliteError;

/// The database could not be opened, or is closed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseConnectionError {
    /// The database has been closed; a closed one is never opened again.
    #[error("the database is closed")]
    Closed,
    /// SQLite could not open the file, after all attempts.
    #[error("cannot open {} (attempts: {attempts})", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// How often it was tried.
        attempts: u32,
        /// What SQLite said.
        #[source]
        source: SqliteError,
    },
    /// The driver failed without SQLite: its thread is gone, or could not be started.
    #[error("the driver failed")]
    Worker {
        /// What the driver said.
        #[source]
        source: sqlx::Error,
    },
    /// There is no file, and none is to be created.
    #[error("there is no database at {}", path.display())]
    NotFound {
        /// The file.
        path: PathBuf,
    },
    /// The directory that the file would be created in does not exist.
    #[error("the directory of {} does not exist{}", path.display(), tilde_hint(path))]
    ParentNotFound {
        /// The file.
        path: PathBuf,
    },
    /// The path cannot be a database: empty, a directory, a link or a special file; or it is one that
    /// the settings refuse, such as a file that others have access to.
    #[error("{} cannot be opened: {reason}", path.display())]
    UnusablePath {
        /// The path.
        path: PathBuf,
        /// Why not.
        reason: &'static str,
    },
    /// The file or its directory could not be read or written.
    #[error("cannot reach {}", path.display())]
    Io {
        /// The path.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// A setting of the connection could not be made.
    #[error("the connection refuses the setting {setting}")]
    Setting {
        /// The PRAGMA.
        setting: &'static str,
        /// What SQLite said.
        #[source]
        source: SqliteError,
    },
    /// The `on_connect` hook failed.
    #[error("the on_connect hook failed")]
    OnConnect(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Some connections were still in use when `close` stopped waiting; each is closed when it
    /// comes back.
    #[error("{active} connection(s) still in use after {waited:?}")]
    StillInUse {
        /// How many.
        active: usize,
        /// How long `close` waited.
        waited: Duration,
    },
    /// Another process of kstdb is writing the file, and the SQLite of this one lacks the fix of the
    /// WAL-reset bug, with which two writing processes can damage it:
    /// [`allow_several_writing_processes`](crate::DatabaseBuilder::allow_several_writing_processes).
    #[error(
        "another process is writing {}, which takes SQLite 3.51.3 or later to be safe",
        path.display()
    )]
    WritersElsewhere {
        /// The file.
        path: PathBuf,
    },
    /// The runtime is shutting down.
    #[error("the runtime is shutting down")]
    RuntimeShutdown,
    /// The process was forked after the database was opened: the connections, their threads and their
    /// locks belong to the parent. Open databases after `fork`, or start a program with `exec`.
    #[error("the process was forked after the database was opened")]
    Forked,
}

/// Explains the commonest cause of a missing directory: only shells expand `~`.
fn tilde_hint(path: &Path) -> &'static str {
    let has_tilde = path
        .iter()
        .any(|part| part.as_encoded_bytes().starts_with(b"~"));
    if has_tilde {
        " (`~` is not expanded)"
    } else {
        ""
    }
}

/// What a call waited for in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Waited {
    /// A connection of the pool.
    Connection,
    /// The turn to write.
    WriterTurn,
}

impl std::fmt::Display for Waited {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Connection => "a connection",
            Self::WriterTurn => "the writer turn",
        })
    }
}

/// No connection, or not the writer turn, came free within the acquire timeout.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("pool exhausted (max {max_connections}): waited {waited:?} for {waited_for}")]
#[non_exhaustive]
pub struct PoolExhaustedError {
    /// What did not come free.
    pub waited_for: Waited,
    /// The most connections that the pool opens.
    pub max_connections: u32,
    /// The acquire timeout that passed.
    pub waited: Duration,
}
