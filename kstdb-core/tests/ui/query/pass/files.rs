//! Queries in files.

use kstdb_core::{query_file, query_file_as, query_file_scalar};

#[path = "../../support.rs"]
mod support;

struct User {
    id: i64,
    name: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let db = support::database().await?;
    let ids = [1, 2];
    assert_eq!(query_file!("queries/users.sql").fetch_all(&db).await?.len(), 2);
    let user = query_file_as!(User, "queries/users.sql", ids = [2]).fetch_one(&db).await?;
    assert_eq!((user.id, user.name.as_str()), (2, "Bob"));
    assert_eq!(query_file_scalar!("queries/count.sql").fetch_one(&db).await?, 2);
    Ok(())
}
