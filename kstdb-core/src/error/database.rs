//! The one enum of the crate, and the questions that callers ask it.

use std::io::ErrorKind;

use super::{
    ConfigError, DatabaseConnectionError, EncryptionError, ParameterError, PoolExhaustedError,
    RowError, SqliteError, SqliteErrorKind, StatementError, TransactionError,
};
use crate::maintenance::MaintenanceError;
use crate::migrate::MigrationError;

/// Anything that can go wrong between an application and its database.
///
/// No variant holds a key, a passphrase, a bound value or a value of the configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// The database could not be opened, or is closed.
    #[error("no connection to the database")]
    Connection(#[from] DatabaseConnectionError),
    /// A key could not be had or does not open the file, or the library cannot encrypt.
    #[error("the database cannot be unlocked")]
    Encryption(#[from] EncryptionError),
    /// No connection, or not the writer turn, within the acquire timeout.
    #[error(transparent)]
    PoolExhausted(#[from] PoolExhaustedError),
    /// A transaction could not begin, commit or go on.
    #[error("the transaction failed")]
    Transaction(#[from] TransactionError),
    /// A statement failed, or its parameters or rows do not fit.
    #[error("the statement failed")]
    Statement(#[from] StatementError),
    /// The migrations do not fit the database, or one of them failed.
    #[error("the migration failed")]
    Migration(#[from] MigrationError),
    /// A change of the whole file failed; the database is as it was before.
    #[error("the maintenance failed")]
    Maintenance(#[from] MaintenanceError),
    /// The settings cannot be read.
    #[error("the settings cannot be used")]
    Config(#[from] ConfigError),
}

impl DatabaseError {
    /// What SQLite reported, if it was SQLite that refused and no cause in between says more.
    ///
    /// The questions below also know what SQLite said to an error of unlocking or of migrating.
    #[must_use]
    pub fn sqlite(&self) -> Option<&SqliteError> {
        match self {
            Self::Statement(StatementError::Sqlite(error))
            | Self::Transaction(TransactionError::Begin(error) | TransactionError::Commit(error))
            | Self::Connection(
                DatabaseConnectionError::Open { source: error, .. }
                | DatabaseConnectionError::Setting { source: error, .. },
            )
            | Self::Maintenance(
                MaintenanceError::Sqlite { source: error, .. }
                | MaintenanceError::Schema { source: error, .. },
            ) => Some(error),
            _ => None,
        }
    }

    /// SQLite's extended code, wherever in the error it is.
    fn code(&self) -> Option<i32> {
        match self {
            Self::Encryption(error)
            | Self::Maintenance(
                MaintenanceError::KeyNotChanged {
                    source: Some(error),
                    ..
                }
                | MaintenanceError::KeyInDoubt {
                    source: Some(error),
                    ..
                },
            ) => error.sqlite_code(),
            Self::Migration(error) => error.sqlite_code(),
            other => other.sqlite().map(SqliteError::code),
        }
    }

    /// What the operating system said of the database's files.
    fn system(&self) -> Option<ErrorKind> {
        match self {
            Self::Connection(DatabaseConnectionError::Io { source, .. })
            | Self::Encryption(EncryptionError::Io { source, .. })
            | Self::Maintenance(MaintenanceError::Io { source, .. })
            | Self::Migration(MigrationError::Lock { source, .. }) => Some(source.kind()),
            _ => None,
        }
    }

    fn kind(&self) -> Option<SqliteErrorKind> {
        self.code().map(SqliteErrorKind::of)
    }

    fn is_kind(&self, kind: SqliteErrorKind) -> bool {
        self.kind() == Some(kind)
    }

    /// Tells whether the key does not open the file.
    #[must_use]
    pub fn is_wrong_key(&self) -> bool {
        matches!(self, Self::Encryption(error) if error.is_wrong_key())
    }

    /// Tells whether another process holds a lock that this call waited for in vain.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.is_kind(SqliteErrorKind::Busy)
            || self.is_kind(SqliteErrorKind::Locked)
            || matches!(self, Self::Encryption(error) if error.is_busy())
            || matches!(
                self,
                Self::Maintenance(MaintenanceError::InUse { .. })
                    | Self::Migration(MigrationError::Locked { .. })
                    | Self::Connection(DatabaseConnectionError::WritersElsewhere { .. })
            )
    }

    /// Tells whether there is no space left, on the disk or for this user.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.is_kind(SqliteErrorKind::Full)
            || self.system().is_some_and(is_out_of_space)
            || matches!(
                self,
                Self::Maintenance(MaintenanceError::NotEnoughSpace { .. })
            )
    }

    /// Tells whether the operating system refused to open, read or write a file of the database, for
    /// another reason than a lack of space.
    #[must_use]
    pub fn is_io(&self) -> bool {
        self.is_kind(SqliteErrorKind::Io)
            || self.is_kind(SqliteErrorKind::CannotOpen)
            || self.system().is_some_and(|kind| !is_out_of_space(kind))
    }

    /// Tells whether a limit of time passed; [`PoolExhaustedError::waited_for`] names the phase.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::PoolExhausted(_))
    }

    /// Tells whether the database has been closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        matches!(self, Self::Connection(DatabaseConnectionError::Closed))
    }

    /// Tells whether a constraint of the schema refused the change.
    #[must_use]
    pub fn is_constraint_violation(&self) -> bool {
        self.code()
            .is_some_and(|code| code & 0xff == libsqlite3_sys::SQLITE_CONSTRAINT)
    }

    /// Tells whether a UNIQUE or PRIMARY KEY constraint refused the change.
    #[must_use]
    pub fn is_unique_violation(&self) -> bool {
        self.is_kind(SqliteErrorKind::UniqueViolation)
    }

    /// Tells whether the file is damaged, or was damaged where it was read.
    #[must_use]
    pub fn is_corrupt(&self) -> bool {
        self.is_kind(SqliteErrorKind::Corrupt)
            || matches!(
                self,
                Self::Statement(StatementError::DamagedPage)
                    | Self::Transaction(TransactionError::DamagedPage)
                    | Self::Encryption(EncryptionError::Damaged { .. })
                    | Self::Maintenance(MaintenanceError::Damaged { .. })
            )
    }

    /// Tells whether the statement was interrupted.
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        self.is_kind(SqliteErrorKind::Interrupted)
    }

    /// Tells whether a query that needs a row found none.
    #[must_use]
    pub fn is_row_not_found(&self) -> bool {
        matches!(self, Self::Statement(StatementError::RowNotFound))
    }

    /// Tells whether the same call can succeed later with nothing changed but time.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.is_timeout()
            || self.is_busy()
            || self.kind().is_some_and(SqliteErrorKind::is_transient)
            || self.system().is_some_and(can_pass)
    }
}

fn is_out_of_space(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}

/// Tells whether the same call on a file can succeed later: not without rights, and not without space.
fn can_pass(kind: ErrorKind) -> bool {
    !is_out_of_space(kind)
        && !matches!(
            kind,
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem
        )
}

impl From<SqliteError> for DatabaseError {
    fn from(error: SqliteError) -> Self {
        Self::Statement(StatementError::Sqlite(error))
    }
}

impl From<rusqlite::Error> for DatabaseError {
    fn from(error: rusqlite::Error) -> Self {
        StatementError::from(error).into()
    }
}

impl From<ParameterError> for DatabaseError {
    fn from(error: ParameterError) -> Self {
        StatementError::Parameter(error).into()
    }
}

impl From<RowError> for DatabaseError {
    fn from(error: RowError) -> Self {
        StatementError::Row(error).into()
    }
}
