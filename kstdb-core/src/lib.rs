//! Async, encrypted SQLite: a pool, sessions, transactions and migrations on sqlx and SQLCipher.

pub mod error;
pub mod migrate;

mod builder;
mod database;
mod interop;
mod open;
mod pool;
mod queries;
mod session;
mod stream;
mod transaction;

pub use builder::{DatabaseBuilder, cascade, configured_key};
pub use database::AsyncDatabase;
pub use error::{
    ConfigError, DatabaseConnectionError, DatabaseError, EncryptionError, PoolExhaustedError,
};
pub use error::{RowError, StatementError, TransactionError};
pub use open::Synchronous;
pub use pool::{ConnectionPool, PoolLimits, PoolStats, PooledConnection};
pub use session::{
    Columns, DynamicRow, Executed, FromRow, FromValue, IntoValue, NamedParams, ParamList, Params,
    Row, Value, ValueRef,
};
pub use stream::RowStream;
pub use transaction::Transaction;

pub use kstdb_cipher::{
    self as cipher, CipherCompatibility, CipherKey, KeyRequest, KeySource, SopsSource,
    apply_cipher_key, connect, is_sqlcipher_available, resolve_cipher_key,
};
pub use kstdb_config::{self as config, DbConfig};
pub use kstdb_macros::{FromRow, migrate};
pub use secrecy::{self, SecretString};
pub use sqlx::{self, AssertSqlSafe};
