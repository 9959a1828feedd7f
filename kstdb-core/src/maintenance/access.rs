//! How a file is read and written: as it is, or under a key.

use std::path::{Path, PathBuf};

use kstdb_cipher::{
    CipherKey, CipherProfile, DerivedKey, FileState, UnlockOptions, check_log, inspect,
    is_sqlcipher_available, unlock,
};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::failure::Failure;
use crate::blocking;
use crate::error::{DatabaseConnectionError, DatabaseError, EncryptionError};
use crate::open::FileKey;
use crate::pool::PoolInner;

/// The way into a file.
#[derive(Clone, Debug)]
pub(super) enum Access {
    Plain,
    Keyed(FileKey),
}

impl Access {
    /// How the file of a pool is read.
    pub(super) fn of(pool: &PoolInner) -> Result<Self, DatabaseError> {
        match pool.key().key() {
            Some(key) => Ok(Self::Keyed(key)),
            // The key of a pool that is closed is gone.
            None if pool.is_encrypted() => Err(DatabaseConnectionError::Closed.into()),
            None => Ok(Self::Plain),
        }
    }

    /// Looks at a file and finds out where it is, behind any link, and how it is read. Blocks, for
    /// one key derivation at most; the key is not proved.
    pub(super) fn of_file(
        path: &Path,
        key: Option<&CipherKey>,
        profile: CipherProfile,
        follow_symlinks: bool,
    ) -> Result<(PathBuf, Self), DatabaseError> {
        let report = inspect(path)?;
        // To be read a file may have several names, as backups often do.
        UnlockOptions::new()
            .follow_symlinks(follow_symlinks)
            .allow_hard_links(true)
            .check(&report)?;
        let (path, target) = (report.path, report.target);
        let refusal = match (report.state, key) {
            (FileState::Plaintext { .. }, None) => return Ok((target, Self::Plain)),
            (FileState::Opaque { .. }, Some(_)) if !is_sqlcipher_available() => {
                EncryptionError::NotSqlcipher
            }
            (FileState::Opaque { salt }, Some(key)) => {
                let derived = DerivedKey::derive(key, salt, profile);
                return Ok((target, Self::Keyed(FileKey::new(derived, profile))));
            }
            (FileState::Plaintext { .. }, Some(_)) => EncryptionError::PlaintextFile { path },
            (FileState::Opaque { .. }, None) => EncryptionError::NoKey { path },
            (FileState::Missing, _) => EncryptionError::NotFound { path },
            (FileState::Empty, _) => EncryptionError::EmptyFile { path },
            (FileState::Directory | FileState::Special, _) => EncryptionError::NotAFile { path },
            _ => EncryptionError::NotADatabase {
                path,
                size_bytes: report.size_bytes,
            },
        };
        Err(refusal.into())
    }

    /// Says more about a file whose pages do not fit: perhaps they do with other settings. Blocks.
    pub(super) fn explain(
        error: DatabaseError,
        path: &Path,
        key: Option<&CipherKey>,
        profile: CipherProfile,
    ) -> DatabaseError {
        use EncryptionError::{NotADatabase, WrongKey};

        let DatabaseError::Encryption(WrongKey { .. } | NotADatabase { .. }) = error else {
            return error;
        };
        let options = UnlockOptions::new().profile(profile).allow_hard_links(true);
        match key.map(|key| unlock(path, key, &options)) {
            Some(Err(reason)) => reason.into(),
            Some(Ok(_)) | None => error,
        }
    }

    /// Opens a file that there is, on a connection that nobody but maintenance has.
    ///
    /// No statement of an application runs on it, so that no application's function is there
    /// either, and a schema is not trusted to call others. Nor are the first page of the file and
    /// that of its log, where SQLite would take their word for all others.
    pub(super) fn open(&self, path: &Path) -> Result<Connection, DatabaseError> {
        let failure = Failure::on(path);
        let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        if cfg!(unix) {
            // The path has been resolved: a link in it has come in between.
            flags |= OpenFlags::SQLITE_OPEN_NOFOLLOW;
        }
        let sql =
            Connection::open_with_flags(path, flags).map_err(failure.to("open the database"))?;
        if let Self::Keyed(key) = self {
            check_log(path, &key.derived, key.profile)?;
            key.apply(&sql)?;
            // The cryptographic library is there from here on.
            blocking::stop_at_exit();
        }
        for (config, on) in [
            (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
            (DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false),
            // Schemas of older programs have them.
            (DbConfig::SQLITE_DBCONFIG_DQS_DDL, true),
        ] {
            sql.set_db_config(config, on)
                .map_err(failure.to("configure the connection"))?;
        }
        sql.execute_batch("PRAGMA temp_store = MEMORY; PRAGMA ignore_check_constraints = ON")
            .map_err(failure.to("configure the connection"))?;
        Ok(sql)
    }

    pub(super) fn is_encrypted(&self) -> bool {
        matches!(self, Self::Keyed(_))
    }
}
