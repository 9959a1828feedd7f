//! Queries in a transaction, a savepoint and on a connection.

use kstdb_core::query;

#[path = "../../support.rs"]
mod support;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let db = support::database().await?;
    let mut tx = db.begin().await?;
    query!("DELETE FROM posts").execute(&mut tx).await?;
    let mut savepoint = tx.begin().await?;
    query!("DELETE FROM users").execute(&mut savepoint).await?;
    savepoint.rollback().await?;
    tx.commit().await?;
    let mut connection = db.connection().await?;
    assert_eq!(query!("SELECT id FROM users").fetch_all(&mut connection).await?.len(), 2);
    drop(connection);
    db.transaction(async |tx| query!("DELETE FROM users").execute(&mut *tx).await).await?;
    Ok(())
}
