//! `name?` can be NULL.

use kstdb_core::query;

#[path = "../../support.rs"]
mod support;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let db = support::database().await?;
    let row = query!(r#"SELECT name AS "name?" FROM users"#).fetch_one(&db).await?;
    assert_eq!(row.name.as_deref(), Some("Ada"));
    Ok(())
}
