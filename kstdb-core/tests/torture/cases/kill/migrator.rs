//! The child that migrates, and what must be there however far it came.

use std::path::Path;

use anyhow::{Context as _, ensure};
use kstdb_core::migrate::Migrations;
use kstdb_core::{AssertSqlSafe, AsyncDatabase};

use crate::support::{builder, checked_from_inside, on_runtime};

const MIGRATIONS: i64 = 40;
const ROWS: i64 = 50;

/// Writes the migrations: each creates a table and fills it.
pub(super) fn write_folder(folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)?;
    for version in 1..=MIGRATIONS {
        let sql = format!(
            "CREATE TABLE m{version} (n INTEGER, filler TEXT);
             INSERT INTO m{version} WITH RECURSIVE n(i) AS
                 (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS})
                 SELECT i, hex(randomblob(60)) FROM n;"
        );
        std::fs::write(folder.join(format!("{version}_add_m{version}.sql")), sql)?;
    }
    Ok(())
}

/// Where the migrations of a database lie.
pub(super) fn folder(database: &Path) -> std::path::PathBuf {
    database.with_extension("migrations")
}

/// Applies the migrations that are missing.
pub(crate) fn migrator(database: &Path) -> anyhow::Result<()> {
    on_runtime(async {
        let db = builder(database).connect().await?;
        let migrations = Migrations::from_dir(folder(database)).await?;
        db.migrate(&migrations).await?;
        db.close().await?;
        Ok(())
    })
}

/// What is recorded is there whole, nothing else is, and the next call does the rest. Returns how
/// many were applied before it.
pub(super) async fn check(database: &Path) -> anyhow::Result<u64> {
    let db = builder(database).connect().await?;
    let migrations = Migrations::from_dir(folder(database)).await?;
    let pending = db.pending_migrations(&migrations).await?;
    for version in 1..=MIGRATIONS {
        let rows = rows(&db, version).await?;
        let expected = (!pending.contains(&version)).then_some(ROWS);
        ensure!(
            rows == expected,
            "migration {version}: {rows:?} rows, not {expected:?}"
        );
    }
    checked_from_inside(&db).await?;
    let before = MIGRATIONS - i64::try_from(pending.len())?;
    db.migrate(&migrations).await.context("cannot go on")?;
    db.check_migrations(&migrations).await?;
    db.close().await?;
    Ok(u64::try_from(before)?)
}

async fn rows(db: &AsyncDatabase, version: i64) -> anyhow::Result<Option<i64>> {
    if !db.table_exists(&format!("m{version}")).await? {
        return Ok(None);
    }
    let count = AssertSqlSafe(format!("SELECT count(*) FROM m{version}"));
    Ok(Some(db.fetch_value(count, ()).await?))
}
