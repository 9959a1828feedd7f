//! Whatever leads to a slice is a list.

use kstdb_core::query;

#[path = "../../support.rs"]
mod support;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let db = support::database().await?;
    let vec = vec![1_i64, 2];
    let (slice, boxed, shared) = (&vec[..], vec.clone().into_boxed_slice(), std::sync::Arc::<[i64]>::from(&vec[..]));
    let found = query!(
        "SELECT id FROM users WHERE id IN (..vec) AND id IN (..slice) AND id IN (..boxed) AND id IN (..shared) AND id IN (..deep)",
        deep = &&vec
    );
    assert_eq!(found.fetch_all(&db).await?.len(), 2);
    Ok(())
}
