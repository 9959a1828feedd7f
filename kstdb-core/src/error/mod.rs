//! Errors: one enum for all of the crate, and a narrow one for each place where a caller branches.

mod connection;
mod database;
#[cfg(test)]
mod produced;
mod sqlite;
mod statement;

pub use connection::{DatabaseConnectionError, PoolExhaustedError, Waited};
pub use database::DatabaseError;
pub use kstdb_cipher::CipherError as EncryptionError;
pub use kstdb_config::ConfigError;
pub use sqlite::{SqliteError, SqliteErrorKind};
pub use statement::{ParameterError, RowError, StatementError, TransactionError, ValueError};
