//! `IN (..ids)` with a slice, an array, a Vec and nothing.

use kstdb_core::query;

#[path = "../../support.rs"]
mod support;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let db = support::database().await?;
    let ids = vec![1_i64, 2, 3];
    let all = query!("SELECT id FROM users WHERE id IN (..ids) AND name <> ?", "Bob").fetch_all(&db).await?;
    let none: &[i64] = &[];
    let no = query!("SELECT id FROM users WHERE id IN (..ids)", ids = none).fetch_all(&db).await?;
    let not = query!("SELECT id FROM users WHERE id NOT IN (..ids)", ids = [1]).fetch_all(&db).await?;
    assert_eq!((all.len(), no.len(), not.len()), (1, 0, 1));
    Ok(())
}
