//! Tables that are STRICT, without a rowid, or compute their columns.

use kstdb_core::{query, query_scalar};

#[path = "../../support.rs"]
mod support;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let db = support::database().await?;
    let row = query!("SELECT k, n, twice, any FROM kept").fetch_all(&db).await?;
    assert!(row.is_empty());
    let new = query!("INSERT INTO kept (k, n) VALUES (?, 2) RETURNING k, n", "a").fetch_one(&db).await?;
    let _: (String, i64) = (new.k, new.n);
    let twice: i64 = query_scalar!(r#"SELECT twice AS "twice!" FROM kept WHERE k = ?"#, "a").fetch_one(&db).await?;
    assert_eq!(twice, 4);
    let pairs = query!("SELECT a, b FROM pairs ORDER BY b").fetch_all(&db).await?;
    let _: Vec<(String, i64)> = pairs.into_iter().map(|pair| (pair.a, pair.b)).collect();
    Ok(())
}
