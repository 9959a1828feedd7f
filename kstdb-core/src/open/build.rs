//! The `SqlitePool`, over a database that has been proved to open.

use std::path::PathBuf;
use std::time::Duration;

use kstdb_cipher::no_follow_vfs;
use sqlx::ConnectOptions as _;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

use super::{Anchor, KeySlot, OpenMode, Target};
use crate::error::DatabaseError;
use crate::pool::PoolLimits;
use crate::session::SessionSettings;

/// What sqlx waits for a slot or a connection: the limits of the pool end the wait first.
const SQLX_ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3_600);

/// A database that has been proved to open, not yet a pool.
pub(crate) struct Opened {
    /// The file by its own name, as the proof has found it.
    pub(crate) path: PathBuf,
    pub(crate) sqlx: sqlx::SqlitePool,
    pub(crate) settings: SessionSettings,
    pub(crate) limits: PoolLimits,
    pub(crate) key: KeySlot,
    pub(crate) anchor: Option<Anchor>,
}

/// Builds the `SqlitePool` over what was proved. Nothing is opened yet.
///
/// **Invariant:** the options hold no key: they are cloned, printed and logged by sqlx. The key is
/// sent by `after_connect`.
pub(crate) fn build(
    target: Target,
    key: KeySlot,
    settings: SessionSettings,
    limits: PoolLimits,
) -> Result<Opened, DatabaseError> {
    let path = target.path();
    let options = SqliteConnectOptions::new()
        .create_if_missing(false)
        .immutable(settings.mode == OpenMode::Immutable)
        .read_only(settings.mode == OpenMode::Immutable)
        // One thread at a time is what sessions guarantee; SQLite's own mutex would be taken for
        // every column of every row.
        .serialized(false)
        .busy_timeout(settings.busy_timeout)
        .disable_statement_logging();
    let (options, anchor) = match target {
        Target::File(file) => {
            let options = options.filename(file);
            let options = match no_follow_vfs() {
                Some(vfs) => options.vfs(vfs),
                None => options,
            };
            (options, None)
        }
        Target::Memory => {
            let anchor = Anchor::new()?;
            let options = anchor.connect_options(options.immutable(false).read_only(false));
            (options, Some(anchor))
        }
    };
    let sqlx = SqlitePoolOptions::new()
        .min_connections(0)
        .max_connections(limits.max_connections)
        .acquire_timeout(SQLX_ACQUIRE_TIMEOUT)
        // Connections are replaced when they are not clean, never behind the pool's back.
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .after_connect({
            let key = key.clone();
            move |connection, _| {
                let key = key.clone();
                Box::pin(async move { key.apply(connection).await })
            }
        })
        .connect_lazy_with(options);
    Ok(Opened {
        path,
        sqlx,
        settings,
        limits,
        key,
        anchor,
    })
}
