//! `rename` beats `rename_all`, which beats the name of the field; `r#` is no part of a name.
#![deny(warnings)]

extern crate self as kstdb_core;
#[path = "../../../mock/mod.rs"]
mod mock;
pub use mock::*;

use kstdb_macros::FromRow;

#[derive(Debug, FromRow, PartialEq)]
#[kstdb(rename_all = "camelCase")]
struct Event {
    created_at: i64,
    #[kstdb(rename = "count(*)")]
    how_many: i64,
    r#type: String,
}

#[derive(Debug, FromRow, PartialEq)]
#[kstdb(rename_all = "SCREAMING-KEBAB-CASE")]
struct Loud {
    last_seen: i64,
}

fn main() -> Result<(), RowError> {
    let event: Event = read(
        &["count(*)", "type", "createdAt"],
        &[Value::Integer(2), Value::Text("login"), Value::Integer(99)],
    )?;
    assert_eq!(event, Event { created_at: 99, how_many: 2, r#type: "login".to_owned() });

    assert_eq!(read::<Loud>(&["LAST-SEEN"], &[Value::Integer(1)])?, Loud { last_seen: 1 });
    Ok(())
}
