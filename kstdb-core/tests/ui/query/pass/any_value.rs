//! A column that can be several types is a `Value`.

use kstdb_core::{Value, query};

#[path = "../../support.rs"]
mod support;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let db = support::database().await?;
    let row = query!("SELECT anything FROM posts WHERE id = 1").fetch_one(&db).await?;
    assert_eq!(row.anything, Value::Text("x".to_owned()));
    Ok(())
}
