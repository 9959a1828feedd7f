//! Rows as a stream.

use futures_util::TryStreamExt;
use kstdb_core::query_scalar;

#[path = "../../support.rs"]
mod support;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let db = support::database().await?;
    let rows = query_scalar!("SELECT name FROM users ORDER BY id").fetch(&db);
    let names: Vec<String> = rows.try_collect().await?;
    assert_eq!(names, ["Ada", "Bob"]);
    Ok(())
}
