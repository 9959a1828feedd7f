//! A struct is filled by name; a field may be an Option or convert.

use kstdb_core::query_as;

#[path = "../../support.rs"]
mod support;

struct User<N> {
    name: N,
    id: Option<i64>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let db = support::database().await?;
    let user = query_as!(User<Box<str>>, "SELECT id, name FROM users").fetch_one(&db).await?;
    assert_eq!((&*user.name, user.id), ("Ada", Some(1)));
    Ok(())
}
