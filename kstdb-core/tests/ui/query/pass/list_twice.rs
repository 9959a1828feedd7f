//! A list that stands in two places is given once, beside numbers and names.

use kstdb_core::query;

#[path = "../../support.rs"]
mod support;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let db = support::database().await?;
    let mut calls = 0;
    let mut ids = || {
        calls += 1;
        vec![1_i64, 2]
    };
    let found = query!(
        "SELECT id FROM users WHERE id IN (..ids) AND name = ?1 AND id NOT IN (..no) AND id IN (..ids) AND id <> :_ids",
        "Bob",
        ids = ids(),
        no = [1],
        _ids = 1
    );
    assert_eq!(found.fetch_one(&db).await?.id, 2);
    assert_eq!(calls, 1);
    Ok(())
}
