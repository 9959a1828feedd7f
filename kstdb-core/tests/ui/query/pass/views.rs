//! Views, CTEs and UNION keep the types.

use kstdb_core::query;

#[path = "../../support.rs"]
mod support;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let db = support::database().await?;
    let row = query!("SELECT name, title FROM authors ORDER BY name DESC").fetch_one(&db).await?;
    let _: (String, Option<String>) = (row.name, row.title);
    let ids = query!("WITH a AS (SELECT id FROM users) SELECT id FROM a UNION SELECT user_id FROM posts")
        .fetch_all(&db)
        .await?;
    assert_eq!(ids.len(), 2);
    Ok(())
}
