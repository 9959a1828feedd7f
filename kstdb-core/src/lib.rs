//! Async, encrypted SQLite: a pool, sessions, transactions and migrations on sqlx and SQLCipher.
//!
//! Use it where one program (or a few processes on one machine) owns its data and others must not
//! read it: desktop and mobile back ends, agents, bots, services with a file of their own. Do not
//! use it for a database that many machines write, or where a reader of the process's memory is
//! part of the threat: the key is there while the database is open.
//!
//! ```
//! use kstdb_core::{AsyncDatabase, DatabaseError, FromRow};
//!
//! #[derive(FromRow)]
//! struct Note {
//!     id: i64,
//!     text: String,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # if !kstdb_core::is_sqlcipher_available() { return Ok(()) }
//! # let dir = tempfile::tempdir()?;
//! # let path = dir.path().join("notes.db");
//! let db = AsyncDatabase::builder(&path).passphrase("correct horse").connect().await?;
//! db.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL)", ()).await?;
//! db.transaction(async |tx| {
//!     tx.execute_many("INSERT INTO notes (text) VALUES (?)", [("one",), ("two",)]).await?;
//!     Ok::<_, DatabaseError>(())
//! })
//! .await?;
//! let notes: Vec<Note> = db.fetch_all("SELECT id, text FROM notes ORDER BY id", ()).await?;
//! assert_eq!(notes[1].text, "two");
//! # assert_eq!(notes[1].id, 2);
//! db.close().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! | feature | effect |
//! |---|---|
//! | `sqlcipher` (default) | encrypted databases, with the system's libcrypto |
//! | `sops` (default) | SOPS files for age recipients without the `sops` program |
//! | `vendored-openssl` | the same, with an OpenSSL built from source |
//! | `chrono`, `json`, `uuid` | those types as values, and as the types of columns declared so |
//! | `keyring` | keys out of the operating system's keyring |
//! | `metrics` | counters and histograms through the [`metrics`](https://docs.rs/metrics) facade |
//! | `cli` | the `kstdb` program |
//! | none | plain SQLite: any key is refused |
//!
//! # What can be seen
//!
//! Spans of `tracing`: `open`, `acquire` and `connect`, `statement`, `transaction`, `checkpoint`,
//! `rekey`, `migrate`; statements have their text with `?` in the place of every literal, never a value.
//! WARN for a statement that takes longer than
//! [`slow_statement`](DatabaseBuilder::slow_statement). With the feature `metrics`:
//!
//! | metric | kind | what |
//! |---|---|---|
//! | `kstdb_acquire_wait_seconds` | histogram | from asking for a connection, to read, to having it |
//! | `kstdb_writer_wait_seconds` | histogram | from asking for the writer turn to having it |
//! | `kstdb_statement_seconds` | histogram | one statement, without waiting and without its commit |
//! | `kstdb_wal_size_bytes` | gauge | the write-ahead log after a write |
//! | `kstdb_connections_opened_total` | counter | connections opened |
//! | `kstdb_connections_replaced_total` | counter | connections that were not clean |
//! | `kstdb_guard_hits_total` | counter | damaged pages that the read guard has found |
//! | `kstdb_timeouts_total` | counter | waits that ended at the acquire timeout |
//! | `kstdb_slow_statements_total` | counter | slow statements |
//!
//! # Tour
//!
//! - a database: [`AsyncDatabase`], described by a [`DatabaseBuilder`]
//! - several statements on one connection: [`PooledConnection`]; all or nothing: [`Transaction`]
//! - queries checked while compiling: [`query!`], [`query_as!`], [`query_scalar!`]
//! - a whole transaction in one hop: [`AsyncDatabase::read`], [`AsyncDatabase::write`]
//! - rows: [`FromRow`], [`DynamicRow`], [`RowStream`]; parameters: [`Params`], [`NamedParams`]
//! - the pool by itself: [`ConnectionPool`], [`PoolStats`]
//! - migrations: [`migrate`](mod@migrate) and [`migrate!`]
//! - work on a whole file, such as another key: [`maintenance`]
//! - keys and files: [`cipher`]; settings: [`config`]
//! - code that is written for sqlx: `&AsyncDatabase` is a [`sqlx::Executor`]

pub mod checked;
pub mod error;
pub mod maintenance;
pub mod migrate;
pub mod types;

mod blocking;
mod builder;
mod database;
mod direct;
mod fork;
mod interop;
mod observe;
mod open;
mod pool;
mod queries;
mod session;
mod settings;
mod stream;
mod transaction;

pub use builder::DatabaseBuilder;
pub use checked::{
    CheckedQuery, CheckedStatement, query, query_as, query_file, query_file_as, query_file_scalar,
    query_scalar,
};
pub use database::AsyncDatabase;
pub use error::{
    ConfigError, DatabaseConnectionError, DatabaseError, EncryptionError, PoolExhaustedError,
};
pub use error::{RowError, StatementError, TransactionError};
pub use open::{OpenMode, Synchronous};
pub use pool::{ConnectionPool, PoolLimits, PoolStats, PooledConnection};
pub use session::{
    Columns, DynamicRow, Executed, FromRow, FromValue, IntoValue, NamedParams, ParamList, Params,
    ReadTransaction, Row, Value, ValueRef, WriteTransaction,
};
pub use settings::{cascade, configured_key, sops_source};
pub use stream::RowStream;
pub use transaction::Transaction;

pub use kstdb_cipher::{
    self as cipher, CipherCompatibility, CipherKey, CipherProfile, KeyCache, KeyRequest, KeySource,
    KeyringSource, PageSize, SopsSource, apply_cipher_key, connect, is_sqlcipher_available,
    resolve_cipher_key,
};
pub use kstdb_config::{self as config, DbConfig};
pub use kstdb_macros::{FromRow, migrate};
pub use secrecy::{self, SecretString};
pub use sqlx::{self, AssertSqlSafe};
