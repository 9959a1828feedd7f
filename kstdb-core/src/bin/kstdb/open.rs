//! Opening the database of a verb: settings, key, and the rules of reading and writing.

use std::path::Path;

use kstdb_core::cipher::{FileState, inspect};
use kstdb_core::error::EncryptionError;
use kstdb_core::{AsyncDatabase, CipherKey, DbConfig, OpenMode, PooledConnection, cascade};

use crate::error::CliError;
use crate::flags::{Creation, Shared};
use crate::key::Key;
use crate::prompt::{self, Ask};
use crate::witness::Witness;

/// Reads the settings: the cascade, with the file that `--config` names.
pub(crate) fn settings(shared: &Shared) -> Result<DbConfig, CliError> {
    let loader = cascade();
    let loader = match &shared.config {
        Some(file) => loader.file(file),
        None => loader,
    };
    Ok(loader.load()?)
}

/// A database that is open for a verb.
pub(crate) struct Opened {
    db: AsyncDatabase,
    /// Where it is read without locks.
    witness: Option<Witness>,
}

impl From<AsyncDatabase> for Opened {
    fn from(db: AsyncDatabase) -> Self {
        Self { db, witness: None }
    }
}

/// Opens a database that there is, for statements that only read.
pub(crate) async fn for_reading(shared: &Shared, path: &Path) -> Result<Opened, CliError> {
    let config = settings(shared)?;
    let key = Key::choose(&shared.key, &config);
    let witness = Witness::where_needed(path)?;
    let builder = AsyncDatabase::builder(path)
        .config(config)
        .slow_statement(None)
        .cipher_profile(shared.format.profile())
        .open_mode(match witness {
            Some(_) => OpenMode::Immutable,
            None => OpenMode::ReadOnly,
        });
    let state = state(path)?;
    let builder = match or_prompt(key, state, path)? {
        Some(key) => builder.key(key.resolve(Ask::Once)?),
        // Opening it would already make it an unencrypted database.
        None if state == Some(FileState::Empty) => {
            return Err(EncryptionError::EmptyFile {
                path: path.to_owned(),
            }
            .into());
        }
        None => builder,
    };
    let db = builder.connect().await?;
    Ok(Opened { db, witness })
}

/// Opens a database for statements that write; a missing one is created.
pub(crate) async fn for_writing(
    shared: &Shared,
    path: &Path,
    creation: &Creation,
) -> Result<AsyncDatabase, CliError> {
    let config = settings(shared)?;
    let key = Key::choose(&shared.key, &config);
    let state = state(path)?;
    let builder = AsyncDatabase::builder(path)
        .config(config)
        .slow_statement(None)
        .cipher_profile(shared.format.profile());
    if key.is_some() && creation.plaintext {
        return Err(CliError::PlaintextWithKey);
    }
    let builder = match or_prompt(key, state, path)? {
        Some(key) => {
            let is_new = state == Some(FileState::Missing);
            builder.key(key.resolve(if is_new { Ask::Twice } else { Ask::Once })?)
        }
        // **Invariant:** nobody gets an unencrypted file because of a slip in the settings.
        None if is_new_file(state) && !creation.plaintext => {
            return Err(CliError::NoKeyForNewFile {
                path: path.to_owned(),
            });
        }
        None => builder,
    };
    Ok(builder.connect().await?)
}

/// Opens an encrypted database that there is, for work on the whole of it.
pub(crate) async fn existing(shared: &Shared, path: &Path) -> Result<AsyncDatabase, CliError> {
    let key = key(shared)?.resolve(Ask::Once)?;
    let builder = AsyncDatabase::builder(path)
        .config(settings(shared)?)
        .cipher_profile(shared.format.profile())
        .create_if_missing(false)
        .max_connections(1)
        .key(key);
    Ok(builder.connect().await?)
}

/// Where the key of a file is that has one or is to get one.
pub(crate) fn key(shared: &Shared) -> Result<Key, CliError> {
    let key = Key::choose(&shared.key, &settings(shared)?);
    match key {
        Some(key) => Ok(key),
        None if prompt::is_possible() => Ok(Key::Prompt),
        None => Err(CliError::NoKeyNamed),
    }
}

/// Fetches the key of a file that there is; `None` for an unencrypted one without a key.
pub(crate) fn key_of(shared: &Shared, path: &Path) -> Result<Option<CipherKey>, CliError> {
    let key = Key::choose(&shared.key, &settings(shared)?);
    let key = or_prompt(key, state(path)?, path)?;
    key.map(|key| key.resolve(Ask::Once)).transpose()
}

/// Does the work of a verb and closes the database, also after an error: the last connection takes
/// the write-ahead log with it.
pub(crate) async fn closing<T>(
    opened: impl Into<Opened>,
    work: impl AsyncFnOnce(&AsyncDatabase) -> Result<T, CliError>,
) -> Result<T, CliError> {
    let Opened { db, witness } = opened.into();
    let done = work(&db).await;
    let closed = db.close().await;
    // What was read of a file that was changed meanwhile means nothing, nor does an error about it.
    witness.map_or(Ok(()), |witness| witness.check())?;
    let done = done?;
    closed?;
    Ok(done)
}

/// A connection that reads the database as it is at one moment, whatever others write meanwhile.
pub(crate) async fn snapshot(db: &AsyncDatabase) -> Result<PooledConnection, CliError> {
    let mut connection = db.connection().await?;
    connection.execute("BEGIN", ()).await?;
    Ok(connection)
}

/// What the file is; `None` for a database in memory.
fn state(path: &Path) -> Result<Option<FileState>, CliError> {
    if path == Path::new(":memory:") {
        return Ok(None);
    }
    Ok(Some(inspect(path)?.state))
}

/// A file that becomes a database with the first write.
fn is_new_file(state: Option<FileState>) -> bool {
    matches!(state, Some(FileState::Missing | FileState::Empty))
}

/// The key that something names; or else, for a file that needs one, the prompt.
fn or_prompt(
    key: Option<Key>,
    state: Option<FileState>,
    path: &Path,
) -> Result<Option<Key>, CliError> {
    let needs_one = state.is_some_and(|state| state.is_opaque());
    match key {
        None if needs_one && prompt::is_possible() => Ok(Some(Key::Prompt)),
        None if needs_one => Err(CliError::NoKey {
            path: path.to_owned(),
        }),
        key => Ok(key),
    }
}
