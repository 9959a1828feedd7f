//! RETURNING has the types of the columns, whatever was stored.

use kstdb_core::{query, query_scalar};

#[path = "../../support.rs"]
mod support;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let db = support::database().await?;
    let new = query!("INSERT INTO users (name) VALUES (5) RETURNING name, active, score").fetch_one(&db).await?;
    let _: (String, bool, f64) = (new.name.clone(), new.active, new.score);
    assert_eq!((new.name.as_str(), new.active, new.score), ("5", true, 0.0));
    let off: Vec<bool> = query_scalar!("UPDATE users SET active = FALSE WHERE id < 3 RETURNING active").fetch_all(&db).await?;
    assert_eq!(off, [false, false]);
    Ok(())
}
