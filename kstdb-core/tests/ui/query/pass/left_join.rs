//! The far side of a LEFT JOIN can be NULL, its rowid too.

use kstdb_core::query;

#[path = "../../support.rs"]
mod support;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let db = support::database().await?;
    let rows = query!("SELECT users.id, posts.id AS post, title FROM users LEFT JOIN posts ON user_id = users.id ORDER BY 1")
        .fetch_all(&db)
        .await?;
    let _: (i64, Option<i64>, Option<&str>) = (rows[2].id, rows[2].post, rows[2].title.as_deref());
    assert_eq!(rows[2].post, None);
    Ok(())
}
