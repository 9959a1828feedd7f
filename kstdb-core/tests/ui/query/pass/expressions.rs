//! Expressions can be NULL unless they end in something that cannot.

use kstdb_core::query;

#[path = "../../support.rs"]
mod support;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let db = support::database().await?;
    let row = query!("SELECT score / 0 AS q, coalesce(email, 'none') AS mail, name || '!' AS loud FROM users WHERE id = 2")
        .fetch_one(&db)
        .await?;
    let _: (Option<f64>, String, String) = (row.q, row.mail.clone(), row.loud);
    assert_eq!((row.q, row.mail.as_str()), (None, "none"));
    Ok(())
}
