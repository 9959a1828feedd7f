//! Making a session out of a connection that sqlx opened and keyed.
#![expect(unsafe_code, reason = "rusqlite borrows the handle that sqlx owns")]

use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use futures_core::future::BoxFuture;
use rusqlite::TransactionState;
use sqlx::pool::PoolConnection;
use sqlx::{Connection as _, SqliteConnection};
use sqlx_sqlite::{LockedSqliteHandle, Sqlite};
use tokio::sync::OwnedSemaphorePermit;

use super::cancel::{CHECK_EVERY_INSTRUCTIONS, Cancellation};
use super::codec::Codec;
use super::watch::{Authorizer, Watch};
use crate::blocking;
use crate::error::{DatabaseConnectionError, DatabaseError, SqliteError, StatementError};
use crate::open::{OpenMode, Synchronous, connection_settings};

/// Statements that a session keeps prepared.
const STATEMENT_CACHE_CAPACITY: usize = 128;

/// The application's hook for each new connection.
pub(crate) type OnConnect = Arc<
    dyn for<'c> Fn(
            &'c mut SqliteConnection,
        ) -> BoxFuture<'c, Result<(), Box<dyn std::error::Error + Send + Sync>>>
        + Send
        + Sync,
>;

/// What every session of a pool is set to.
#[derive(Clone)]
pub(crate) struct SessionSettings {
    pub(crate) encrypted: bool,
    pub(crate) in_memory: bool,
    pub(crate) mode: OpenMode,
    pub(crate) synchronous: Synchronous,
    pub(crate) foreign_keys: bool,
    pub(crate) busy_timeout: Duration,
    pub(crate) cache_bytes: u64,
    pub(crate) slow_statement: Option<Duration>,
    pub(crate) several_writers: bool,
    pub(crate) on_connect: Option<OnConnect>,
}

/// The connection that owns the handle. It closes when dropped, without waiting and without a
/// runtime, where a bare `PoolConnection` would spawn a task.
struct Owner {
    connection: Option<PoolConnection<Sqlite>>,
    /// Given back when the connection has closed.
    awaited: Option<OwnedSemaphorePermit>,
}

impl Owner {
    fn sqlx(&mut self) -> Result<&mut SqliteConnection, DatabaseError> {
        self.connection
            .as_deref_mut()
            .ok_or_else(|| DatabaseConnectionError::Closed.into())
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            let connection = connection.detach();
            let awaited = self.awaited.take();
            blocking::aside(move || {
                if let Err(error) = pollster::block_on(connection.close()) {
                    tracing::debug!(%error, "a connection did not close cleanly");
                }
                drop(awaited);
            });
        }
    }
}

/// One connection, with its prepared statements.
///
/// **Invariant:** the fields are dropped in this order, so that callbacks and statements are gone
/// when sqlx closes the handle: `sqlite3_close` refuses while a statement lives, and sqlx panics.
pub(crate) struct Session {
    authorizer: Authorizer,
    sql: rusqlite::Connection,
    owner: Owner,
    cancellation: Arc<Cancellation>,
    codec: Codec,
    busy_timeout: Duration,
    slow_statement: Option<Duration>,
    /// Transactions and savepoints that guards have begun.
    depth: AtomicU32,
}

impl Session {
    /// Takes over a connection that sqlx opened and `after_connect` keyed.
    pub(crate) async fn open(
        connection: PoolConnection<Sqlite>,
        settings: &SessionSettings,
    ) -> Result<Self, DatabaseError> {
        let mut owner = Owner {
            connection: Some(connection),
            awaited: None,
        };
        let cancellation = Arc::new(Cancellation::default());
        let sql = Self::borrow_handle(owner.sqlx()?, Arc::clone(&cancellation)).await?;
        // Without an answer the worker could wait for a lock that nobody holds any more.
        owner.sqlx()?.ping().await.map_err(driver)?;

        // The owner goes along: if this future is dropped the handle must not be closed while the
        // settings are being made.
        let set_up = {
            let settings = settings.clone();
            move || {
                let codec = Codec::of(&sql, settings.encrypted);
                connection_settings(&sql, &settings)?;
                Ok::<_, DatabaseError>((sql, owner, codec))
            }
        };
        let (sql, mut owner, codec) = blocking::spawn(set_up)
            .await
            .map_err(|_| DatabaseConnectionError::RuntimeShutdown)??;
        if let Some(on_connect) = &settings.on_connect {
            on_connect(owner.sqlx()?)
                .await
                .map_err(DatabaseConnectionError::OnConnect)?;
        }
        let busy_timeout = current_busy_timeout(&sql)?;
        // Last, so that the hook may change settings: its choices are what sessions start with.
        let authorizer = Authorizer::install(
            &sql,
            Arc::new(Watch::new(settings.encrypted, settings.mode)),
        );
        Ok(Self {
            authorizer,
            sql,
            owner,
            cancellation,
            codec,
            busy_timeout,
            slow_statement: settings.slow_statement,
            depth: AtomicU32::new(0),
        })
    }

    async fn borrow_handle(
        connection: &mut SqliteConnection,
        cancellation: Arc<Cancellation>,
    ) -> Result<rusqlite::Connection, DatabaseError> {
        let mut locked = connection.lock_handle().await.map_err(driver)?;
        locked.set_progress_handler(CHECK_EVERY_INSTRUCTIONS, move || {
            !cancellation.must_stop() && !blocking::is_ending()
        });
        let handle = locked.as_raw_handle();
        // SAFETY: the session owns the connection that owns the handle, and drops this borrower
        // first. A session is either used by one blocking call or lent to sqlx's thread, which is
        // waited for, so that the handle is on one thread at a time
        // (https://www.sqlite.org/threadsafe.html).
        let sql = unsafe { rusqlite::Connection::from_handle(handle.as_ptr()) };
        let sql = sql.map_err(DatabaseError::from)?;
        sql.set_prepared_statement_cache_capacity(STATEMENT_CACHE_CAPACITY);
        Ok(sql)
    }

    /// The statements' side of the connection.
    pub(crate) fn sql(&self) -> &rusqlite::Connection {
        &self.sql
    }

    /// sqlx's side of the connection.
    pub(crate) fn sqlx(&mut self) -> Result<&mut SqliteConnection, DatabaseError> {
        self.owner.sqlx()
    }

    /// Drops the session, whose connection then closes by itself; `awaited` is given back when it
    /// has.
    pub(crate) fn discard(mut self, awaited: Option<OwnedSemaphorePermit>) {
        self.owner.awaited = awaited;
    }

    /// Waits until sqlx's thread has nothing left to do.
    pub(crate) async fn wait_for_sqlx(&mut self) -> Result<(), DatabaseError> {
        self.owner.sqlx()?.ping().await.map_err(driver)
    }

    pub(crate) fn watch(&self) -> &Watch {
        self.authorizer.watch()
    }

    pub(crate) fn cancellation(&self) -> &Arc<Cancellation> {
        &self.cancellation
    }

    /// From when on a statement is slow.
    pub(crate) fn slow_statement(&self) -> Option<Duration> {
        self.slow_statement
    }

    /// How long a statement waits for a lock of another process.
    pub(super) fn busy_timeout(&self) -> Duration {
        self.busy_timeout
    }

    /// The read guard: asks whether every page that the session read so far was authentic, which
    /// SQLite does not always report by itself.
    pub(crate) fn check_codec(&self) -> Result<(), StatementError> {
        self.codec.check(&self.sql)
    }

    /// Puts the answer of the read guard in the place of an error: after a failed page the code that
    /// SQLite reports is misleading.
    pub(crate) fn or_damage<T>(
        &self,
        result: Result<T, StatementError>,
    ) -> Result<T, StatementError> {
        match result {
            Err(_) if matches!(self.check_codec(), Err(StatementError::DamagedPage)) => {
                Err(StatementError::DamagedPage)
            }
            result => result,
        }
    }

    /// **Invariant:** tells whether the session may serve another caller: in autocommit with no
    /// statement running, its settings unchanged, its codec healthy when last checked.
    pub(crate) fn is_clean(&self) -> bool {
        self.sql.is_autocommit()
            && matches!(
                self.sql.transaction_state(None::<&str>),
                Ok(TransactionState::None)
            )
            && !self.watch().has_changed_settings()
            && self.codec.was_healthy()
    }

    pub(super) fn depth(&self) -> &AtomicU32 {
        &self.depth
    }

    /// Refreshes the query planner's statistics and empties the WAL, before the last connection of
    /// a pool closes. The caller has the writer turn. Another process at work can prevent either,
    /// which loses nothing: it tidies up when it closes.
    pub(crate) fn tidy_up(&self) {
        self.optimize();
        if let Err(error) = self.empty_wal() {
            tracing::debug!(%error, "the WAL is left for the next connection");
        }
    }

    /// Closes the connection and waits until its thread has let the file go; dropping it does not
    /// wait. Blocks, and needs no runtime: the connection's own thread answers.
    pub(crate) fn close(self) {
        let Self {
            authorizer,
            sql,
            mut owner,
            ..
        } = self;
        drop(authorizer);
        drop(sql);
        if let Some(connection) = owner.connection.take()
            && let Err(error) = pollster::block_on(connection.close())
        {
            tracing::debug!(%error, "a connection did not close cleanly");
        }
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("codec", &self.codec)
            .finish_non_exhaustive()
    }
}

/// Lends the handle of a connection to rusqlite, while it is locked.
pub(crate) fn with_handle<T>(
    locked: &mut LockedSqliteHandle<'_>,
    work: impl FnOnce(&rusqlite::Connection) -> Result<T, DatabaseError>,
) -> Result<T, DatabaseError> {
    let handle = locked.as_raw_handle();
    // SAFETY: the lock keeps sqlx's thread off the handle and the connection open, and the
    // borrower ends before the lock (https://www.sqlite.org/threadsafe.html).
    let sql = unsafe { rusqlite::Connection::from_handle(handle.as_ptr()) };
    work(&sql?)
}

/// Asked and not remembered: the application's hook can have changed it.
fn current_busy_timeout(sql: &rusqlite::Connection) -> Result<Duration, DatabaseError> {
    let milliseconds: u32 = sql.query_row("PRAGMA busy_timeout", (), |row| row.get(0))?;
    Ok(Duration::from_millis(milliseconds.into()))
}

fn driver(source: sqlx::Error) -> DatabaseError {
    match SqliteError::from_sqlx(&source) {
        Some(error) => error.into(),
        None => DatabaseConnectionError::Worker { source }.into(),
    }
}
