//! The three peers on one file.

use std::path::{Path, PathBuf};

use kstdb_core::{AsyncDatabase, sqlx};
use sqlx::SqlitePool;

use crate::data;
use crate::peers::{self, Key, POOL};

/// The peers, and the table that they share.
pub(super) struct Peers {
    path: PathBuf,
    pub(super) db: AsyncDatabase,
    pub(super) pool: SqlitePool,
    pub(super) connection: rusqlite::Connection,
    /// Rows of the table.
    pub(super) rows: u32,
}

impl Peers {
    /// Creates a table with so many rows and opens it.
    pub(super) async fn open(dir: &Path, rows: u32) -> anyhow::Result<Self> {
        let name = format!("curve-rows-{rows}.db");
        let path = data::create(dir, &name, Key::Raw, rows.into()).await?;
        Ok(Self {
            db: peers::kstdb(&path, Key::Raw, POOL).await?,
            pool: peers::sqlx(&path, Key::Raw, POOL).await?,
            connection: peers::rusqlite(&path, Key::Raw)?,
            rows,
            path,
        })
    }

    /// Takes away what was added, so that the table keeps its size. Not measured.
    pub(super) fn take_away(&mut self) -> rusqlite::Result<()> {
        let rows = self.rows;
        let delete = "DELETE FROM bench WHERE id >= ?";
        self.connection.execute(delete, (rows,)).map(drop)
    }

    /// Closes all of them and removes the file.
    pub(super) async fn close(self) -> anyhow::Result<()> {
        self.db.close().await?;
        self.pool.close().await;
        drop(self.connection);
        Ok(std::fs::remove_file(&self.path)?)
    }
}
