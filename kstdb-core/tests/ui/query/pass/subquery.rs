//! A subquery can have no row.

use kstdb_core::query;

#[path = "../../support.rs"]
mod support;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let db = support::database().await?;
    let row = query!("SELECT (SELECT title FROM posts WHERE user_id = users.id) AS title FROM users WHERE id = 2")
        .fetch_one(&db)
        .await?;
    assert_eq!(row.title, None::<String>);
    Ok(())
}
