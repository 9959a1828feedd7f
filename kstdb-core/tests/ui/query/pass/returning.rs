//! RETURNING gives rows of a writing statement.

use kstdb_core::query;

#[path = "../../support.rs"]
mod support;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let db = support::database().await?;
    let row = query!("INSERT INTO users (name) VALUES (?) RETURNING id, name, email", "Eve").fetch_one(&db).await?;
    let _: (i64, String, Option<String>) = (row.id, row.name, row.email);
    Ok(())
}
