//! Opening a database: settings, key, a look at the file, one derivation, a probe, then the pool.

mod key_slot;
mod memory;
mod plaintext;
mod pragmas;
mod target;

pub use pragmas::Synchronous;

pub(crate) use key_slot::KeySlot;
pub(crate) use memory::Anchor;
pub(crate) use plaintext::create_private;
pub(crate) use pragmas::connection_settings;
pub(crate) use target::Target;

use std::path::PathBuf;
use std::time::Duration;

use kstdb_cipher::{CipherCompatibility, CipherKey, DerivedKey, UnlockOptions};
use sqlx::ConnectOptions as _;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

use crate::error::{DatabaseError, EncryptionError};
use crate::pool::PoolLimits;
use crate::session::SessionSettings;

/// What sqlx waits for a slot or a connection: the limits of the pool end the wait first.
const SQLX_ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3_600);

/// A database that has been proved to open, not yet a pool.
pub(crate) struct Opened {
    pub(crate) path: PathBuf,
    pub(crate) sqlx: sqlx::SqlitePool,
    pub(crate) settings: SessionSettings,
    pub(crate) limits: PoolLimits,
    pub(crate) key: KeySlot,
    pub(crate) anchor: Option<Anchor>,
}

/// How a file may be opened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FileRules {
    pub(crate) create_if_missing: bool,
    pub(crate) follow_symlinks: bool,
    pub(crate) compatibility: CipherCompatibility,
}

/// Proves that the key opens the file, or that the file needs none. Blocks.
///
/// **Invariant:** this comes before the pool: a wrong key is found once and by name, where sqlx
/// would try it again until its timeout.
pub(crate) fn prove(
    target: &Target,
    key: Option<&CipherKey>,
    rules: FileRules,
) -> Result<Option<DerivedKey>, DatabaseError> {
    let Some(key) = key else {
        if let Target::File(path) = target {
            plaintext::look_or_create(path, rules)?;
        }
        return Ok(None);
    };
    if !kstdb_cipher::is_sqlcipher_available() {
        return Err(EncryptionError::NotSqlcipher.into());
    }
    let derived = match target {
        Target::File(path) => {
            let options = UnlockOptions::new()
                .compatibility(rules.compatibility)
                .create_if_missing(rules.create_if_missing)
                .follow_symlinks(rules.follow_symlinks);
            kstdb_cipher::unlock(path, key, &options)?.derived
        }
        Target::Memory => {
            DerivedKey::derive(key, kstdb_cipher::random_salt()?, rules.compatibility)
        }
    };
    Ok(Some(derived))
}

/// Builds the `SqlitePool`. Nothing is opened yet.
///
/// **Invariant:** the options hold no key: they are cloned, printed and logged by sqlx. The key is
/// sent by `after_connect`.
pub(crate) fn build(
    target: Target,
    key: KeySlot,
    settings: SessionSettings,
    limits: PoolLimits,
) -> Result<Opened, DatabaseError> {
    let options = SqliteConnectOptions::new()
        .create_if_missing(false)
        .serialized(true)
        .busy_timeout(settings.busy_timeout)
        .disable_statement_logging();
    let (path, options, anchor) = match target {
        Target::File(path) => {
            let options = options.filename(&path);
            (path, options, None)
        }
        Target::Memory => {
            let anchor = Anchor::new()?;
            let options = anchor.connect_options(options);
            (PathBuf::from(Target::MEMORY), options, Some(anchor))
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
