//! The columns of GROUP BY are those of the table.

use kstdb_core::query;

#[path = "../../support.rs"]
mod support;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let db = support::database().await?;
    let rows = query!("SELECT user_id, count(*) AS posts FROM posts GROUP BY user_id").fetch_all(&db).await?;
    assert_eq!((rows[0].user_id, rows[0].posts), (1_i64, 2_i64));
    Ok(())
}
