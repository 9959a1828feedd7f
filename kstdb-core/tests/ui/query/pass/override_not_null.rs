//! `name!` is never NULL.

use kstdb_core::query;

#[path = "../../support.rs"]
mod support;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let db = support::database().await?;
    let row = query!(r#"SELECT sum(score) AS "sum!" FROM users"#).fetch_one(&db).await?;
    assert_eq!(row.sum, 3.5_f64);
    Ok(())
}
