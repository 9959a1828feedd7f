//! The peers, opened with the same settings on the same library.

use std::path::Path;
use std::time::Duration;

use kstdb_core::sqlx::SqlitePool;
use kstdb_core::sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use kstdb_core::{AsyncDatabase, DatabaseBuilder, DbConfig, Synchronous, sqlx};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, SqliteConnection};

use crate::capi;

/// Connections of a pool.
pub(crate) const POOL: u32 = 8;
/// What kstdb waits for a lock of another process; sqlx's tasks wait for each other with it.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// What kstdb sets on each connection.
pub(crate) fn settings(synchronous: Synchronous) -> String {
    format!(
        "PRAGMA journal_mode = WAL; PRAGMA journal_size_limit = 16777216; \
         PRAGMA synchronous = {synchronous:?}; PRAGMA foreign_keys = ON; \
         PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8192;"
    )
}

/// The key of a measured database.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Key {
    /// Used as it is: opening costs no derivation.
    Raw,
    /// Stretched by 256 000 rounds.
    Passphrase,
}

impl Key {
    /// The key as SQLCipher takes it.
    pub(crate) fn text(self) -> String {
        match self {
            Self::Raw => format!("x'{}'", "5b".repeat(32)),
            Self::Passphrase => "bench passphrase 0123456789".to_owned(),
        }
    }
}

/// kstdb, with all connections open.
pub(crate) async fn kstdb(path: &Path, key: Key, pool: u32) -> anyhow::Result<AsyncDatabase> {
    kstdb_with(path, key, pool, Synchronous::Normal).await
}

/// kstdb, with all connections open, as durable as is said.
pub(crate) async fn kstdb_with(
    path: &Path,
    key: Key,
    pool: u32,
    synchronous: Synchronous,
) -> anyhow::Result<AsyncDatabase> {
    let builder = builder(path, key, pool).synchronous(synchronous);
    Ok(builder.connect().await?)
}

/// What kstdb is opened with.
pub(crate) fn builder(path: &Path, key: Key, pool: u32) -> DatabaseBuilder {
    AsyncDatabase::builder(path)
        .config(DbConfig::default())
        .passphrase(key.text())
        .min_connections(pool)
        .max_connections(pool)
        .busy_timeout(BUSY_TIMEOUT)
        .synchronous(Synchronous::Normal)
}

/// sqlx's own pool, keyed by hand, with all connections open.
pub(crate) async fn sqlx(path: &Path, key: Key, pool: u32) -> anyhow::Result<SqlitePool> {
    sqlx_with(path, key, pool, Synchronous::Normal).await
}

/// sqlx's own pool with all connections open, as durable as is said.
pub(crate) async fn sqlx_with(
    path: &Path,
    key: Key,
    pool: u32,
    synchronous: Synchronous,
) -> anyhow::Result<SqlitePool> {
    let connections = sqlx_pool(key, pool, synchronous).connect_lazy_with(sqlx_options(path));
    let open = (0..pool).map(|_| connections.acquire());
    drop(futures_util::future::try_join_all(open).await?);
    Ok(connections)
}

/// sqlx's own pool, opened by sqlx itself.
pub(crate) async fn sqlx_by_itself(path: &Path, key: Key, pool: u32) -> anyhow::Result<SqlitePool> {
    let pool = sqlx_pool(key, pool, Synchronous::Normal);
    Ok(pool.connect_with(sqlx_options(path)).await?)
}

fn sqlx_options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .busy_timeout(BUSY_TIMEOUT)
        .disable_statement_logging()
}

fn sqlx_pool(key: Key, pool: u32, synchronous: Synchronous) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .min_connections(pool)
        .max_connections(pool)
        .after_connect(move |connection, _| Box::pin(set_up(connection, key, synchronous)))
}

async fn set_up(
    connection: &mut SqliteConnection,
    key: Key,
    synchronous: Synchronous,
) -> sqlx::Result<()> {
    {
        let mut locked = connection.lock_handle().await?;
        capi::key(&mut locked, &key.text())?;
    }
    connection.ping().await?;
    sqlx::raw_sql(AssertSqlSafe(settings(synchronous)))
        .execute(connection)
        .await?;
    Ok(())
}

/// rusqlite, without anything asynchronous.
pub(crate) fn rusqlite(path: &Path, key: Key) -> anyhow::Result<rusqlite::Connection> {
    rusqlite_with(path, key, Synchronous::Normal)
}

/// rusqlite, as durable as is said.
pub(crate) fn rusqlite_with(
    path: &Path,
    key: Key,
    synchronous: Synchronous,
) -> anyhow::Result<rusqlite::Connection> {
    let flags =
        rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE | rusqlite::OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = rusqlite::Connection::open_with_flags(path, flags)?;
    connection.pragma_update(None, "key", key.text())?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.execute_batch(&settings(synchronous))?;
    Ok(connection)
}
