//! `name: Type` is that type, which need not be `Clone` or `Debug`.

use kstdb_core::error::ValueError;
use kstdb_core::{FromValue, ValueRef, query};

#[path = "../../support.rs"]
mod support;

struct UserId(i64);

impl FromValue for UserId {
    fn from_value(value: ValueRef<'_>) -> Result<Self, ValueError> {
        i64::from_value(value).map(Self)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let db = support::database().await?;
    let row = query!(r#"SELECT id AS "id: UserId", score AS "score!: f64", email AS "mail: Box<str>" FROM users"#)
        .fetch_one(&db)
        .await?;
    let _: (f64, Option<Box<str>>) = (row.score, row.mail);
    assert_eq!(row.id.0, 1);
    Ok(())
}
