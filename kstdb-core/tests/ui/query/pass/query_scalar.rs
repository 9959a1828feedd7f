//! One column, with a name or without.

use kstdb_core::query_scalar;

#[path = "../../support.rs"]
mod support;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let db = support::database().await?;
    let count: i64 = query_scalar!("SELECT count(*) FROM users").fetch_one(&db).await?;
    let mail: Option<Option<String>> = query_scalar!("SELECT email FROM users WHERE id = 2").fetch_optional(&db).await?;
    let first: u32 = query_scalar!(r#"SELECT min(id) AS "id!: u32" FROM users"#).fetch_one(&db).await?;
    // What has no alias says nothing of its type.
    let cents = 1;
    let enough: i64 = query_scalar!("SELECT id >= :cents FROM users").fetch_one(&db).await?.unwrap_or_default();
    let other: Option<i64> = query_scalar!("SELECT id!=? FROM users", cents).fetch_one(&db).await?;
    let named: u64 = query_scalar!("SELECT count(*) AS ': u64' FROM users").fetch_one(&db).await?;
    assert_eq!((enough, other, named), (1, Some(0), 2));
    assert_eq!((count, mail, first), (2, Some(None), 1));
    Ok(())
}
