//! Databases in memory: one however many tasks use it, and alive as long as its pool.

use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::OpenFlags;
use sqlx::sqlite::SqliteConnectOptions;

use crate::error::DatabaseError;

/// SQLite's VFS whose files live in memory; a name that begins with `/` is shared by the process.
const MEMORY_VFS: &str = "memdb";

/// Keeps a database in memory alive while its one session is being replaced.
#[derive(Debug)]
pub(crate) struct Anchor {
    name: String,
    /// Never used: it keeps the memory.
    _connection: rusqlite::Connection,
}

impl Anchor {
    pub(crate) fn new() -> Result<Self, DatabaseError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = format!("/kstdb-memory-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_FULL_MUTEX;
        let connection = rusqlite::Connection::open_with_flags_and_vfs(&name, flags, c"memdb")?;
        Ok(Self {
            name,
            _connection: connection,
        })
    }

    pub(crate) fn connect_options(&self, options: SqliteConnectOptions) -> SqliteConnectOptions {
        options.filename(&self.name).vfs(MEMORY_VFS)
    }
}
