//! Options, references and everything that is a value.

use kstdb_core::query;

#[path = "../../support.rs"]
mod support;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let db = support::database().await?;
    let mail: Option<&str> = None;
    let name = &"Eve".to_owned();
    query!("INSERT INTO users (name, email, photo) VALUES (?, ?, ?)", name, mail, [1_u8, 2].as_slice())
        .execute(&db)
        .await?;
    Ok(())
}
