//! kstdb's errors as those of sqlx.

use std::borrow::Cow;

use sqlx::error::ErrorKind;

use crate::error::{
    DatabaseConnectionError, DatabaseError, SqliteError, SqliteErrorKind, StatementError,
};

impl From<DatabaseError> for sqlx::Error {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::PoolExhausted(_) => Self::PoolTimedOut,
            DatabaseError::Connection(DatabaseConnectionError::Closed) => Self::PoolClosed,
            DatabaseError::Connection(DatabaseConnectionError::Worker { source }) => source,
            DatabaseError::Statement(StatementError::RowNotFound) => Self::RowNotFound,
            other => match other.sqlite() {
                Some(error) => Self::Database(Box::new(error.clone())),
                None => Self::Configuration(Box::new(other)),
            },
        }
    }
}

impl sqlx::error::DatabaseError for SqliteError {
    fn message(&self) -> &str {
        Self::message(self)
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        Some(Self::code(self).to_string().into())
    }

    fn as_error(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn std::error::Error + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn std::error::Error + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> ErrorKind {
        match Self::kind(self) {
            SqliteErrorKind::UniqueViolation => ErrorKind::UniqueViolation,
            SqliteErrorKind::ForeignKeyViolation => ErrorKind::ForeignKeyViolation,
            SqliteErrorKind::NotNullViolation => ErrorKind::NotNullViolation,
            SqliteErrorKind::CheckViolation => ErrorKind::CheckViolation,
            _ => ErrorKind::Other,
        }
    }
}
