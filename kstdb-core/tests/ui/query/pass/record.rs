//! A record with the types of the schema.

use kstdb_core::query;

#[path = "../../support.rs"]
mod support;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let db = support::database().await?;
    let user = query!("SELECT id, name, email, score, photo, active FROM users WHERE id = 1")
        .fetch_one(&db)
        .await?;
    let _: (i64, String, Option<String>, f64, Option<Vec<u8>>, bool) =
        (user.id, user.name, user.email, user.score, user.photo, user.active);
    Ok(())
}
