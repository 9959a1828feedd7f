//! The future of a query is Send.

use kstdb_core::query;

#[path = "../../support.rs"]
mod support;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let db = support::database().await?;
    let task = tokio::spawn(async move { query!("SELECT id FROM users").fetch_all(&db).await });
    assert_eq!(task.await??.len(), 2);
    Ok(())
}
