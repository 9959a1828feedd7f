//! How a file is read and written: as it is, or under a key.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::failure::Failure;
use crate::blocking;
use crate::error::DatabaseError;
use crate::open::FileKey;

/// The way into a file.
#[derive(Clone, Debug)]
pub(super) enum Access {
    Plain,
    Keyed(FileKey),
}

impl Access {
    /// Opens a file that there is, on a connection that nobody but maintenance has.
    ///
    /// No statement of an application runs on it, so that no application's function is there
    /// either, and a schema is not trusted to call others.
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
