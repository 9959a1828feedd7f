//! Nothing of the user comes between the macro and what it names.

#![allow(dead_code, non_camel_case_types)]

#[path = "../../support.rs"]
mod support;

struct Record;
struct String;
struct Option;
struct Result;
struct Vec;
struct i64;
struct T0;
mod std {}
mod core {}

async fn work(db: &kstdb_core::AsyncDatabase) -> ::core::result::Result<(), kstdb_core::DatabaseError> {
    let (row, columns, record) = (1, 2, 3);
    let user = kstdb_core::query!(
        r#"SELECT id AS "id: u64", name, email FROM users WHERE :row + :columns = :record AND id = 1"#
    )
    .fetch_one(db)
    .await?;
    assert_eq!(user.name, "Ada");
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ::core::result::Result<(), ::std::boxed::Box<dyn ::std::error::Error>> {
    work(&support::database().await?).await?;
    Ok(())
}
