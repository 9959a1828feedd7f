//! `SELECT *` in the order of the table.

use kstdb_core::query;

#[path = "../../support.rs"]
mod support;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let db = support::database().await?;
    let users = query!("SELECT * FROM users ORDER BY name").fetch_all(&db).await?;
    assert_eq!(users[1].name, "Bob");
    assert_eq!(users[0].clone(), users[0]);
    Ok(())
}
