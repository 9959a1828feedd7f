//! RIGHT and FULL JOIN.

use kstdb_core::query;

#[path = "../../support.rs"]
mod support;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let db = support::database().await?;
    let row = query!("SELECT users.id AS a, posts.id AS b FROM posts RIGHT JOIN users ON user_id = users.id WHERE title IS NULL")
        .fetch_one(&db)
        .await?;
    let _: (i64, Option<i64>) = (row.a, row.b);
    let row = query!("SELECT users.id AS a, posts.id AS b FROM posts FULL JOIN users ON user_id = users.id")
        .fetch_one(&db)
        .await?;
    let _: (Option<i64>, Option<i64>) = (row.a, row.b);
    Ok(())
}
