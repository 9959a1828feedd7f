//! Rows of a table with triggers.

use kstdb_core::{query, query_scalar};

#[path = "../../support.rs"]
mod support;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let db = support::database().await?;
    let note: Option<&str> = None;
    let added = query!("INSERT INTO events (id, note) VALUES (7, ?) RETURNING id, note", note).fetch_one(&db).await?;
    let _: (i64, Option<String>) = (added.id, added.note.clone());
    assert_eq!(added.note, None);
    let changed = query!("UPDATE events SET note = ? RETURNING note", "x").fetch_one(&db).await?;
    assert_eq!(changed.note.as_deref(), Some("x"));
    let log: Vec<String> = query_scalar!("SELECT what FROM log ORDER BY id").fetch_all(&db).await?;
    assert_eq!(log, ["added 1"]);
    Ok(())
}
