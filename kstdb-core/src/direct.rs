//! `read` and `write`: a whole transaction in one hop to a blocking thread.

use tracing::Instrument as _;

use crate::database::AsyncDatabase;
use crate::error::DatabaseError;
use crate::session::{self, ReadTransaction, WriteTransaction};

impl AsyncDatabase {
    /// Runs a function in a transaction that only reads: everything that it reads is from one
    /// snapshot, whatever is written meanwhile.
    ///
    /// The function runs on a blocking thread, with its statements as ordinary calls: the whole
    /// transaction costs one hop. It cannot await, and it should not take long, since it keeps a
    /// connection and its snapshot keeps the WAL from being emptied.
    ///
    /// # Errors
    /// The function's own, or a [`DatabaseError`], converted:
    /// - [`DatabaseError::PoolExhausted`]: no connection within the acquire timeout.
    /// - [`DatabaseError::Connection`]: closed, or it cannot be opened.
    /// - [`DatabaseError::Transaction`]: SQLite refused, or the function wrote.
    ///
    /// # Panics
    /// When the function panics, with its panic.
    ///
    /// # Cancel safety
    /// Dropping the future stops the statement that runs and refuses the next.
    ///
    /// # Example
    /// ```
    /// # use kstdb_core::{AsyncDatabase, DatabaseError};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), DatabaseError> {
    /// # let db = AsyncDatabase::builder(":memory:").connect().await?;
    /// # db.execute("CREATE TABLE account (id INTEGER PRIMARY KEY, cents INTEGER)", ()).await?;
    /// let (accounts, cents) = db
    ///     .read(|tx| {
    ///         let accounts: i64 = tx.fetch_value("SELECT count(*) FROM account", ())?;
    ///         let cents: Option<i64> = tx.fetch_value("SELECT sum(cents) FROM account", ())?;
    ///         Ok::<_, DatabaseError>((accounts, cents))
    ///     })
    ///     .await?;
    /// assert_eq!((accounts, cents), (0, None));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut ReadTransaction<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        let pool = self.pool().await?.inner();
        pool.in_read_lane(move |lease| session::read(lease.session(), work))
            .instrument(tracing::debug_span!("transaction", writes = false))
            .await?
    }

    /// Runs a function in a transaction that writes: commits if it returns `Ok`, rolls back if it
    /// returns `Err` or panics. The function's error comes back as it is.
    ///
    /// The function runs on a blocking thread, with its statements as ordinary calls: the whole
    /// transaction costs one hop, where [`transaction`](Self::transaction) costs one for each
    /// statement, and it holds the writer turn for as long as SQLite needs and no longer.
    ///
    /// # Errors
    /// The function's own, or a [`DatabaseError`], converted:
    /// - [`DatabaseError::PoolExhausted`]: no connection, or not the writer turn, within the
    ///   acquire timeout.
    /// - [`DatabaseError::Connection`]: closed, or it cannot be opened.
    /// - [`DatabaseError::Transaction`]: SQLite refused to begin or to commit, or a page that was
    ///   read is damaged.
    ///
    /// # Panics
    /// When the function panics, with its panic.
    ///
    /// # Cancel safety
    /// Dropping the future stops the statement that runs and rolls back, unless the commit was
    /// under way: then it is stored whole.
    ///
    /// # Example
    /// ```
    /// # use kstdb_core::{AsyncDatabase, DatabaseError};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), DatabaseError> {
    /// # let db = AsyncDatabase::builder(":memory:").connect().await?;
    /// # db.execute("CREATE TABLE account (id INTEGER PRIMARY KEY, cents INTEGER)", ()).await?;
    /// # db.execute("INSERT INTO account VALUES (1, 100), (2, 0)", ()).await?;
    /// db.write(|tx| {
    ///     let cents: i64 = tx.fetch_value("SELECT cents FROM account WHERE id = ?", (1,))?;
    ///     tx.execute("UPDATE account SET cents = 0 WHERE id = ?", (1,))?;
    ///     tx.execute("UPDATE account SET cents = cents + ? WHERE id = ?", (cents, 2))?;
    ///     Ok::<_, DatabaseError>(())
    /// })
    /// .await?;
    /// # let cents: i64 = db.fetch_value("SELECT cents FROM account WHERE id = 2", ()).await?;
    /// # assert_eq!(cents, 100);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut WriteTransaction<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        let pool = self.pool().await?.inner();
        pool.in_write_lane(move |lease| session::write(lease.session(), work))
            .instrument(tracing::debug_span!("transaction", writes = true))
            .await?
    }
}
