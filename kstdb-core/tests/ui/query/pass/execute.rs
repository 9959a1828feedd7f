//! A statement without rows.

use kstdb_core::query;

#[path = "../../support.rs"]
mod support;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let db = support::database().await?;
    let done = query!("UPDATE users SET active = ? WHERE id = ?", false, 1).execute(&db).await?;
    assert_eq!(done.rows_affected, 1);
    Ok(())
}
