//! Values by position and by number.

use kstdb_core::query;

#[path = "../../support.rs"]
mod support;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let db = support::database().await?;
    let (name, id) = (String::from("Ada"), 1_u8);
    let row = query!("SELECT name FROM users WHERE name = ?2 AND id = ?1 AND ?2 = name", id, name)
        .fetch_one(&db)
        .await?;
    assert_eq!(row.name, name);
    Ok(())
}
