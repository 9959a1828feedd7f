//! Nothing of the user comes between the macro and what it names.

#![allow(dead_code, non_camel_case_types)]

#[path = "../../support.rs"]
mod support;

struct Record {
    id: ::core::primitive::i64,
}
impl Record {
    const ID: ::core::primitive::i64 = 1;
}
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
    let own: Record = kstdb_core::query_as!(Record, "SELECT id FROM users WHERE id = ?", Record::ID)
        .fetch_one(db)
        .await?;
    assert_eq!(own.id, Record::ID);
    let shown = kstdb_core::query!("SELECT id, type FROM posts WHERE id = 1").fetch_one(db).await?;
    assert_eq!(::std::format!("{shown:?}"), r#"Record { id: 1, type: Some("note") }"#);
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ::core::result::Result<(), ::std::boxed::Box<dyn ::std::error::Error>> {
    work(&support::database().await?).await?;
    Ok(())
}
