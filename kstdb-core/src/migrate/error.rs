//! Why the migrations were not applied.

use std::path::PathBuf;
use std::time::Duration;

use sqlx::migrate::MigrateError;

/// The migrations do not fit the database, or one of them failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MigrationError {
    /// The database has a migration that this program does not know: it is newer.
    #[error("the database is newer: it has migration {version}, which this program does not know")]
    DatabaseIsNewer {
        /// The first version that is not known.
        version: i64,
    },
    /// The database lacks a migration: it is older.
    #[error("the database is older: it lacks migration {version}")]
    DatabaseIsOlder {
        /// The first version that it lacks.
        version: i64,
    },
    /// The database lacks a migration that comes before one that it has: it went another way, and
    /// nothing was applied.
    #[error("the database lacks migration {version}, but has migration {newest}, which is newer")]
    OutOfOrder {
        /// The first version that it lacks.
        version: i64,
        /// The newest version that it has.
        newest: i64,
    },
    /// A migration was changed after it was applied.
    #[error("migration {version} was changed after it was applied")]
    Changed {
        /// Its version.
        version: i64,
    },
    /// A migration failed and was undone; those before it are applied.
    #[error("migration {version} failed and was undone")]
    Failed {
        /// Its version.
        version: i64,
        /// What SQLite said.
        #[source]
        source: sqlx::Error,
    },
    /// The migrations could not be read from their folder.
    #[error("the migrations cannot be read")]
    Source(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Another process was migrating all the time.
    #[error("another process is migrating, waited {waited:?} for {}", lock.display())]
    Locked {
        /// The file that is locked.
        lock: PathBuf,
        /// How long it was waited for.
        waited: Duration,
    },
    /// The lock file cannot be opened.
    #[error("cannot lock {}", lock.display())]
    Lock {
        /// The file.
        lock: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// The table of applied migrations cannot be read or written.
    #[error("the record of applied migrations cannot be used")]
    Record(#[source] MigrateError),
}

impl MigrationError {
    /// SQLite's extended code, if it was SQLite that failed.
    pub(crate) fn sqlite_code(&self) -> Option<i32> {
        match self {
            Self::Failed { source, .. } | Self::Record(MigrateError::Execute(source)) => {
                source.as_database_error()?.code()?.parse().ok()
            }
            _ => None,
        }
    }
}

impl From<MigrateError> for MigrationError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMissing(version) => Self::DatabaseIsNewer { version },
            MigrateError::VersionMismatch(version) => Self::Changed { version },
            MigrateError::ExecuteMigration(source, version) => Self::Failed { version, source },
            MigrateError::Source(source) => Self::Source(source),
            other => Self::Record(other),
        }
    }
}
