//! `AsyncDatabase`: a database that opens with the first call and closes once.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt as _;
use kstdb_cipher::CipherKey;
use tokio::sync::OnceCell;
use tracing::Instrument as _;

use crate::builder::DatabaseBuilder;
use crate::error::{DatabaseConnectionError, DatabaseError};
use crate::maintenance::RekeyOptions;
use crate::migrate::{Migrated, Migrations};
use crate::pool::{Call, ConnectionPool, PoolStats, PooledConnection, Route};
use crate::queries::query_methods;
use crate::transaction::Transaction;

/// An SQLite database, encrypted by SQLCipher if it has a key. Clones share it.
///
/// Dropping the last clone closes the connections and waits for that, as rusqlite does;
/// [`close`](Self::close) waits without blocking a thread, and empties the write-ahead log.
///
/// A call runs on any connection of the pool; a writing one waits for the writer turn first, so
/// that no task sees "database is locked" because of another.
///
/// # Example
/// ```
/// use kstdb_core::AsyncDatabase;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), kstdb_core::DatabaseError> {
/// let db = AsyncDatabase::builder(":memory:").connect().await?;
/// db.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL)", ()).await?;
/// db.execute("INSERT INTO users (name) VALUES (?)", ("Ada",)).await?;
///
/// let users: Vec<(i64, String)> = db.fetch_all("SELECT id, name FROM users", ()).await?;
/// assert_eq!(users, [(1, "Ada".to_owned())]);
/// db.close().await
/// # }
/// ```
#[derive(Clone)]
pub struct AsyncDatabase {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    names_a_key: bool,
    /// Until the database is open; it can hold a key.
    builder: Mutex<Option<Arc<DatabaseBuilder>>>,
    pool: OnceCell<ConnectionPool>,
    closed: AtomicBool,
}

impl AsyncDatabase {
    /// Starts to describe a database: the path of a file, or `:memory:`.
    ///
    /// `~` is not expanded. A missing file is created, for its owner alone.
    pub fn builder(path: impl Into<PathBuf>) -> DatabaseBuilder {
        DatabaseBuilder::new(path.into())
    }

    pub(crate) fn new(builder: DatabaseBuilder) -> Self {
        let inner = Inner {
            path: builder.path().to_owned(),
            names_a_key: builder.names_a_key(),
            builder: Mutex::new(Some(Arc::new(builder))),
            pool: OnceCell::new(),
            closed: AtomicBool::new(false),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// Opens the database now instead of with the first call. Doing it again does nothing.
    ///
    /// # Errors
    /// - [`DatabaseError::Config`], [`DatabaseError::Encryption`], [`DatabaseError::Connection`]:
    ///   see [`DatabaseBuilder::connect`]. A later call tries again.
    /// - [`DatabaseConnectionError::Closed`]: it has been closed.
    ///
    /// # Cancel safety
    /// Dropping the future leaves no connection behind.
    pub async fn connect(&self) -> Result<(), DatabaseError> {
        self.pool().await.map(drop)
    }

    /// The pool, opened if need be.
    ///
    /// # Errors
    /// Those of [`connect`](Self::connect).
    ///
    /// # Cancel safety
    /// Dropping the future leaves no connection behind.
    pub async fn pool(&self) -> Result<&ConnectionPool, DatabaseError> {
        let inner = &self.inner;
        let pool = inner.pool.get_or_try_init(|| async {
            // **Invariant:** what is closed stays closed. The builder is gone with the key.
            let Some(builder) = inner.builder().clone() else {
                return Err(DatabaseConnectionError::Closed.into());
            };
            let pool = builder.open().boxed().await?;
            drop(inner.builder().take());
            tracing::info!(path = %inner.path.display(), "database connected");
            Ok::<_, DatabaseError>(pool)
        });
        let pool = pool.await?;
        if inner.closed.load(Ordering::Acquire) {
            // Closed while it was being opened. Otherwise whoever closes it waits for those at
            // work, and nobody else.
            if !pool.is_closed() {
                pool.close().await?;
            }
            return Err(DatabaseConnectionError::Closed.into());
        }
        Ok(pool)
    }

    /// Closes the database for good: see [`ConnectionPool::close`]. Closing again does nothing, and
    /// every later call is [`DatabaseConnectionError::Closed`]: a closed database never opens
    /// again, with a key or without.
    ///
    /// # Errors
    /// [`DatabaseConnectionError::StillInUse`] when connections are in use after the acquire
    /// timeout.
    ///
    /// # Cancel safety
    /// The database is closed even if the future is dropped; only the waiting ends.
    pub async fn close(&self) -> Result<(), DatabaseError> {
        let first = !self.inner.closed.swap(true, Ordering::AcqRel);
        drop(self.inner.builder().take());
        let Some(pool) = self.inner.pool.get() else {
            return Ok(());
        };
        let closed = pool.close().await;
        if first {
            let encrypted = self.is_encrypted();
            tracing::info!(path = %self.inner.path.display(), encrypted, "database closed");
        }
        closed
    }

    /// Waits for a connection, for several statements on the same one.
    ///
    /// # Errors
    /// Those of [`ConnectionPool::acquire`], and of [`connect`](Self::connect).
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub async fn connection(&self) -> Result<PooledConnection, DatabaseError> {
        self.pool().await?.acquire().await
    }

    /// Begins a transaction, which waits for the writer turn. Dropping the guard rolls back.
    ///
    /// # Errors
    /// - [`DatabaseError::PoolExhausted`]: no connection, or not the writer turn, within the
    ///   acquire timeout.
    /// - [`DatabaseError::Transaction`]: SQLite refused; another process can hold the lock.
    ///
    /// # Cancel safety
    /// Dropping the future leaves no transaction behind.
    pub async fn begin(&self) -> Result<Transaction, DatabaseError> {
        let pool = self.pool().await?.inner();
        let connection = PooledConnection::for_writing(pool).await?;
        Transaction::begin_on(connection).await
    }

    /// Runs a closure in a transaction: commits if it returns `Ok`, rolls back if it returns `Err`
    /// or panics. The closure's error comes back as it is.
    ///
    /// # Errors
    /// The closure's own, or a [`DatabaseError`] of [`begin`](Self::begin) or
    /// [`Transaction::commit`], converted.
    ///
    /// # Cancel safety
    /// Dropping the future rolls back, unless the commit was under way: then it is stored whole or
    /// not at all.
    ///
    /// # Example
    /// ```
    /// # use kstdb_core::{AsyncDatabase, DatabaseError};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), DatabaseError> {
    /// # let db = AsyncDatabase::builder(":memory:").connect().await?;
    /// # db.execute("CREATE TABLE log (line TEXT)", ()).await?;
    /// let lines: i64 = db
    ///     .transaction(async |tx| {
    ///         tx.execute("INSERT INTO log VALUES (?)", ("begun",)).await?;
    ///         tx.fetch_value("SELECT count(*) FROM log", ()).await
    ///     })
    ///     .await?;
    /// assert_eq!(lines, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn transaction<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: AsyncFnOnce(&mut Transaction) -> Result<T, E>,
        E: From<DatabaseError>,
    {
        let mut transaction = self.begin().await?;
        let done = work(&mut transaction).await;
        match done {
            Ok(done) => {
                transaction.commit().await?;
                Ok(done)
            }
            Err(error) => {
                // The connection is replaced if this fails, so that there is nothing else to do.
                if let Err(error) = transaction.rollback().await {
                    tracing::warn!(%error, "rolling back failed, the connection is replaced");
                }
                Err(error)
            }
        }
    }

    /// Applies the migrations that are not applied yet, one process at a time.
    ///
    /// # Errors
    /// [`DatabaseError::Migration`]: see [`MigrationError`](crate::migrate::MigrationError).
    ///
    /// # Cancel safety
    /// Each migration is stored whole or not at all; calling again goes on with the next.
    pub async fn migrate(&self, migrations: &Migrations) -> Result<Migrated, DatabaseError> {
        let span = tracing::info_span!("migrate", path = %self.inner.path.display());
        crate::migrate::run(self.pool().await?.inner(), migrations)
            .instrument(span)
            .await
    }

    /// Lists the versions that [`migrate`](Self::migrate) would apply, in order, and changes
    /// nothing.
    ///
    /// # Errors
    /// [`DatabaseError::Migration`]: the migrations do not fit the database.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub async fn pending_migrations(
        &self,
        migrations: &Migrations,
    ) -> Result<Vec<i64>, DatabaseError> {
        crate::migrate::pending(self, migrations).await
    }

    /// Checks that the database has exactly the schema of these migrations, and changes nothing:
    /// for a program that leaves migrating to another one.
    ///
    /// # Errors
    /// - [`MigrationError::DatabaseIsOlder`](crate::migrate::MigrationError::DatabaseIsOlder): a
    ///   migration is not applied.
    /// - [`MigrationError::DatabaseIsNewer`](crate::migrate::MigrationError::DatabaseIsNewer): one
    ///   is applied that the program does not know.
    /// - [`MigrationError::OutOfOrder`](crate::migrate::MigrationError::OutOfOrder): one is not
    ///   applied that comes before one that is.
    /// - [`MigrationError::Changed`](crate::migrate::MigrationError::Changed): one was changed
    ///   after it was applied.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub async fn check_migrations(&self, migrations: &Migrations) -> Result<(), DatabaseError> {
        crate::migrate::check(self, migrations).await
    }

    /// Encrypts the database with another key, and goes on with it.
    ///
    /// Waits until no call is under way and no connection is in use, at most for the acquire
    /// timeout; calls that come meanwhile wait, go on afterwards and succeed. A process that has the
    /// file open elsewhere keeps the key from being changed. A fresh connection then proves that the
    /// new key opens the file and that the old one does not.
    ///
    /// Every page is written anew, in one transaction: as much space as the database has must be
    /// free beside it. When the process is killed in the middle, the file has the old key or the
    /// new one.
    ///
    /// # Errors
    /// - [`DatabaseError::Maintenance`]: the file is in use elsewhere or read-only, the disk is too
    ///   full, the key is the same, the database has none: see
    ///   [`MaintenanceError`](crate::maintenance::MaintenanceError).
    /// - [`DatabaseError::PoolExhausted`]: a connection was in use for longer than the acquire
    ///   timeout.
    /// - [`DatabaseConnectionError::Closed`]: the database has been closed.
    ///
    /// After any of them the database goes on with the old key.
    ///
    /// # Cancel safety
    /// Dropping the future leaves the database with the old key, or it gets the new one: once the
    /// pool stands still the change runs to its end by itself, and later calls wait for it.
    ///
    /// # Security
    /// Only the key of this file is changed. Copies and backups keep the old one, and the disk can
    /// still hold pages that were encrypted with it.
    ///
    /// # Example
    /// ```
    /// # use kstdb_core::{AsyncDatabase, CipherKey};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # if !kstdb_core::is_sqlcipher_available() { return Ok(()) }
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("app.db");
    /// let db = AsyncDatabase::builder(&path).passphrase("correct horse").connect().await?;
    /// db.execute("CREATE TABLE notes (text TEXT)", ()).await?;
    /// db.rekey(CipherKey::passphrase("battery staple")?).await?;
    /// db.execute("INSERT INTO notes VALUES ('after')", ()).await?;
    /// db.close().await?;
    ///
    /// let old = AsyncDatabase::builder(&path).passphrase("correct horse").connect().await;
    /// assert!(old.is_err_and(|error| error.is_wrong_key()));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn rekey(&self, key: impl Into<Arc<CipherKey>>) -> Result<(), DatabaseError> {
        self.rekey_with(key, &RekeyOptions::default()).await
    }

    /// The same as [`rekey`](Self::rekey), with another format or with news of its progress.
    ///
    /// # Errors
    /// Those of [`rekey`](Self::rekey).
    ///
    /// # Cancel safety
    /// As for [`rekey`](Self::rekey).
    pub async fn rekey_with(
        &self,
        key: impl Into<Arc<CipherKey>>,
        options: &RekeyOptions,
    ) -> Result<(), DatabaseError> {
        let key = key.into();
        let span = tracing::info_span!("rekey", path = %self.inner.path.display());
        crate::maintenance::rekey(self.pool().await?.inner(), key, options)
            .instrument(span)
            .await
    }

    query_methods!(self => self);

    /// The path that the database was described with.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Takes a snapshot of the pool's counters: all zero before the database is open, and readable
    /// after it is closed.
    #[must_use]
    pub fn stats(&self) -> PoolStats {
        self.inner
            .pool
            .get()
            .map(ConnectionPool::stats)
            .unwrap_or_default()
    }

    /// Tells whether the database is encrypted. Before it is open: whether the program named a key.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        let pool = self.inner.pool.get();
        pool.map_or(self.inner.names_a_key, |pool| pool.inner().is_encrypted())
    }

    /// Counts the connections that are open.
    #[must_use]
    pub fn pool_size(&self) -> usize {
        self.inner.pool.get().map_or(0, ConnectionPool::size)
    }
}

impl Inner {
    fn builder(&self) -> std::sync::MutexGuard<'_, Option<Arc<DatabaseBuilder>>> {
        self.builder.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Route for &AsyncDatabase {
    async fn route<T: Send + 'static>(self, call: Call<T>) -> Result<T, DatabaseError> {
        self.pool().await?.inner().route(call).await
    }
}

impl std::fmt::Debug for AsyncDatabase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AsyncDatabase")
            .field("path", &self.inner.path)
            .field("encrypted", &self.is_encrypted())
            .field("pool", &self.inner.pool.get())
            .finish_non_exhaustive()
    }
}
