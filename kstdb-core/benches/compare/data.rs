//! The table that every peer works on: kstlib's own benchmark has the same.

use std::path::{Path, PathBuf};

use kstdb_core::AsyncDatabase;

use crate::peers::{self, Key};

/// Inserts one row.
pub(crate) const INSERT: &str = "INSERT INTO bench (id, name, value) VALUES (?, ?, ?)";
/// Reads one row by its key.
pub(crate) const SELECT_ONE: &str = "SELECT id, name, value FROM bench WHERE id = ?";
/// Reads every row.
pub(crate) const SELECT_ALL: &str = "SELECT id, name, value FROM bench";
/// Reads neighbours.
pub(crate) const SELECT_RANGE: &str = "SELECT id, name, value FROM bench WHERE id BETWEEN ? AND ?";
/// The read at the start of each transaction.
pub(crate) const COUNT_FIRST: &str = "SELECT count(*) FROM bench WHERE id < 10";

/// One row: a key, 32 characters, a float.
pub(crate) type Record = (i64, String, f64);

/// Makes the row of a key.
#[expect(clippy::cast_precision_loss, reason = "keys are small")]
pub(crate) fn record(id: i64) -> Record {
    (id, format!("{id:032x}"), id as f64 * 0.5)
}

/// Makes the rows of `count` keys.
pub(crate) fn records(count: i64) -> Vec<Record> {
    (0..count).map(record).collect()
}

/// Scatters the numbers of calls over the keys of a table, the same way in each run.
pub(crate) fn scattered(call: i64, rows: i64) -> i64 {
    call.wrapping_mul(7_919) % rows
}

/// Creates a database with `rows` rows.
pub(crate) async fn create(dir: &Path, name: &str, key: Key, rows: i64) -> anyhow::Result<PathBuf> {
    let path = dir.join(name);
    let db = peers::kstdb(&path, key, 1).await?;
    create_table(&db).await?;
    db.execute_many(INSERT, (0..rows).map(record)).await?;
    db.close().await?;
    Ok(path)
}

/// Creates the table.
pub(crate) async fn create_table(db: &AsyncDatabase) -> anyhow::Result<()> {
    let sql = "CREATE TABLE bench (id INTEGER PRIMARY KEY, name TEXT NOT NULL, value REAL)";
    db.execute(sql, ()).await?;
    Ok(())
}
