//! Values by name, from variables and given.

use kstdb_core::query;

#[path = "../../support.rs"]
mod support;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let db = support::database().await?;
    let name = "Ada";
    let row = query!("SELECT id FROM users WHERE name = :name AND id < @below AND id > $above", below = 1 + 1, above = 0)
        .fetch_one(&db)
        .await?;
    assert_eq!(row.id, 1);
    Ok(())
}
