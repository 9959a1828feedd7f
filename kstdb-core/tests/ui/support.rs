//! A database with the schema of the cases, and some rows.

use kstdb_core::{AsyncDatabase, DatabaseError, DbConfig, migrate, query};

#[allow(deprecated, reason = "the crate of the cases has no build script")]
pub async fn database() -> Result<AsyncDatabase, DatabaseError> {
    let db = AsyncDatabase::builder(":memory:").config(DbConfig::default()).connect().await?;
    db.migrate(&migrate!()).await?;
    query!("INSERT INTO users (name, email, score) VALUES ('Ada', 'a@b.c', 1.5), ('Bob', NULL, 2)")
        .execute(&db)
        .await?;
    query!("INSERT INTO posts (user_id, title, type, anything) VALUES (1, 'One', 'note', 'x'), (1, 'Two', NULL, 2)")
        .execute(&db)
        .await?;
    Ok(db)
}
