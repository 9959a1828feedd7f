//! Two migrations, the second of which needs the first, and whether they are there whole.

use std::path::Path;

use anyhow::ensure;
use kstdb_core::AsyncDatabase;
use kstdb_core::migrate::{MigrationError, Migrations};

const STEPS: [(i64, &str, &str); 2] = [
    (
        1,
        "one",
        "CREATE TABLE one (n INTEGER); INSERT INTO one VALUES (1);",
    ),
    (
        2,
        "two",
        "CREATE TABLE two (n INTEGER); INSERT INTO two SELECT n FROM one;",
    ),
];

/// Writes them beside a database, and reads them.
pub(crate) async fn migrations(database: &Path) -> Result<Migrations, MigrationError> {
    let folder = database.with_extension("migrations");
    let written = std::fs::create_dir_all(&folder).and_then(|()| {
        STEPS.iter().try_for_each(|(version, name, sql)| {
            std::fs::write(folder.join(format!("{version}_add_{name}.sql")), sql)
        })
    });
    written.map_err(|error| MigrationError::Source(error.into()))?;
    Migrations::from_dir(folder).await
}

/// What is recorded is there whole, nothing else is, and the next call does the rest. Says how many
/// were there.
pub(crate) async fn migrated(db: &AsyncDatabase) -> anyhow::Result<usize> {
    let migrations = migrations(db.path()).await?;
    let pending = db.pending_migrations(&migrations).await?;
    for (version, table, _) in STEPS {
        let there = db.table_exists(table).await?;
        ensure!(
            there != pending.contains(&version),
            "migration {version}: table {table} and its record do not agree"
        );
    }
    db.migrate(&migrations).await?;
    let rows: (u64, u64) = db
        .fetch_one(
            "SELECT (SELECT count(*) FROM one), (SELECT count(*) FROM two)",
            (),
        )
        .await?;
    ensure!(rows == (1, 1), "half a migration: {rows:?}");
    Ok(STEPS.len() - pending.len())
}
