//! Aggregates over nothing.

use kstdb_core::query;

#[path = "../../support.rs"]
mod support;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let db = support::database().await?;
    let row = query!("SELECT count(*) AS n, sum(score) AS sum, max(name) AS last FROM users WHERE id > 99")
        .fetch_one(&db)
        .await?;
    let _: (i64, Option<f64>, Option<String>) = (row.n, row.sum, row.last.clone());
    assert_eq!((row.n, row.sum, row.last), (0, None, None));
    Ok(())
}
