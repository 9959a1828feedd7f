//! The one enum of the crate, and the questions that callers ask it.

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
    /// What SQLite reported, if it was SQLite that refused.
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

    fn is_kind(&self, kind: SqliteErrorKind) -> bool {
        self.sqlite().is_some_and(|error| error.kind() == kind)
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
                    | Self::Connection(DatabaseConnectionError::WritersElsewhere { .. })
            )
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
        self.sqlite()
            .is_some_and(SqliteError::is_constraint_violation)
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
        match self {
            Self::Encryption(error) => error.is_retryable(),
            other => {
                other.is_timeout()
                    || other.is_busy()
                    || other.sqlite().is_some_and(SqliteError::is_transient)
            }
        }
    }
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
