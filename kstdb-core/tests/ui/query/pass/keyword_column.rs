//! A column whose name is a keyword of Rust.

use kstdb_core::query;

#[path = "../../support.rs"]
mod support;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let db = support::database().await?;
    let row = query!("SELECT type FROM posts WHERE id = 1").fetch_one(&db).await?;
    assert_eq!(row.r#type.as_deref(), Some("note"));
    Ok(())
}
