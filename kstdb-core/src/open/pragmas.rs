//! The settings of each connection, made after the key and before anything else.

use crate::error::{DatabaseConnectionError, DatabaseError, SqliteError, StatementError};
use crate::session::SessionSettings;

/// How hard a commit is pushed to the disk:
/// [`PRAGMA synchronous`](https://www.sqlite.org/pragma.html#pragma_synchronous).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Synchronous {
    /// A committed transaction survives a power cut. The default.
    #[default]
    Full,
    /// A power cut can undo the last commits, never damage the file or part a transaction; a crash
    /// of the process loses nothing.
    Normal,
}

/// What a WAL file is cut to once all of it is in the database: four times what SQLite lets gather
/// before it checkpoints. A large transaction leaves no large file behind.
const WAL_KEPT_BYTES: i64 = 16 * 1024 * 1024;

/// The most that SQLite counts, in an `int`.
const MOST_CACHE_KIB: i64 = 0x7fff_ffff;

/// How much of the database each connection keeps decrypted. SQLite's own default is 2 MiB; with a
/// cipher a page that is not kept costs an HMAC and AES each time.
pub(crate) const CACHE_BYTES: u64 = 8 * 1024 * 1024;

/// Sets up a keyed connection.
pub(crate) fn connection_settings(
    sql: &rusqlite::Connection,
    settings: &SessionSettings,
) -> Result<(), DatabaseError> {
    use rusqlite::config::DbConfig;

    sql.busy_timeout(settings.busy_timeout)
        .map_err(|error| failed("busy_timeout", error))?;
    for (config, on) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, settings.foreign_keys),
    ] {
        sql.set_db_config(config, on)
            .map_err(|error| failed("db_config", error))?;
    }
    set(sql, "temp_store", "MEMORY")?;
    // Negative: in KiB, whatever the page size.
    let cache_kib = i64::try_from(settings.cache_bytes / 1024).unwrap_or(i64::MAX);
    set(sql, "cache_size", -cache_kib.clamp(1, MOST_CACHE_KIB))?;
    if settings.mode.only_reads() {
        set(sql, "query_only", true)?;
    } else if !settings.in_memory {
        set(sql, "journal_mode", "WAL")?;
        set(sql, "journal_size_limit", WAL_KEPT_BYTES)?;
        set(
            sql,
            "synchronous",
            match settings.synchronous {
                Synchronous::Full => "FULL",
                Synchronous::Normal => "NORMAL",
            },
        )?;
    }
    Ok(())
}

fn set(
    sql: &rusqlite::Connection,
    setting: &'static str,
    value: impl rusqlite::ToSql,
) -> Result<(), DatabaseError> {
    sql.pragma_update(None, setting, value)
        .map_err(|error| failed(setting, error))
}

fn failed(setting: &'static str, error: rusqlite::Error) -> DatabaseError {
    match SqliteError::from_rusqlite(&error) {
        Some(source) => DatabaseConnectionError::Setting { setting, source }.into(),
        None => StatementError::Driver(error).into(),
    }
}
