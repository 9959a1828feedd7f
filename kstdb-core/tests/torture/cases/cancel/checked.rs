//! Queries that were checked while compiling, in every way that they can be run.

use futures_util::TryStreamExt as _;
use kstdb_core::{AsyncDatabase, DatabaseError, query, query_scalar};

/// The table that they were checked with.
pub(super) const TABLE: &str = "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, \
    email TEXT UNIQUE, active BOOLEAN NOT NULL DEFAULT TRUE, \
    created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP)";

pub(super) async fn every_way(db: &AsyncDatabase) -> Result<(), DatabaseError> {
    query!("INSERT INTO customers (name) VALUES ('one')")
        .execute(db)
        .await?;
    query!("SELECT id, name FROM customers LIMIT 1")
        .fetch_one(db)
        .await?;
    query!("SELECT id FROM customers WHERE name = 'nobody'")
        .fetch_optional(db)
        .await?;
    query_scalar!("SELECT name FROM customers")
        .fetch_all(db)
        .await?;
    query_scalar!("SELECT id FROM customers")
        .fetch(db)
        .try_collect::<Vec<_>>()
        .await?;
    let mut transaction = db.begin().await?;
    query!("UPDATE customers SET active = FALSE")
        .execute(&mut transaction)
        .await?;
    transaction.commit().await
}
