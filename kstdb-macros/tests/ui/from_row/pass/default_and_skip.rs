//! `default` fills a missing column, not a NULL one; `skip` reads none at all.
#![deny(warnings)]

extern crate self as kstdb_core;
#[path = "../../../mock/mod.rs"]
mod mock;
pub use mock::*;

use kstdb_macros::FromRow;

#[derive(Debug, FromRow, PartialEq)]
struct Item {
    id: i64,
    #[kstdb(default)]
    note: String,
    #[kstdb(default, rename = "amount")]
    count: i64,
    #[kstdb(skip)]
    cache: Vec<u8>,
}

/// Nothing of it comes from the row.
#[derive(Debug, FromRow, PartialEq)]
struct Empty {
    #[kstdb(skip)]
    nothing: u8,
}

fn main() -> Result<(), RowError> {
    let item: Item = read(&["id", "cache"], &[Value::Integer(1), Value::Text("unread")])?;
    assert_eq!(item, Item { id: 1, note: String::new(), count: 0, cache: Vec::new() });

    let item: Item = read(&["amount", "id"], &[Value::Integer(4), Value::Integer(1)])?;
    assert_eq!(item.count, 4);

    let null = read::<Item>(&["id", "note"], &[Value::Integer(1), Value::Null]);
    assert!(matches!(null, Err(RowError::Type)));

    assert_eq!(read::<Empty>(&[], &[])?, Empty { nothing: 0 });
    Ok(())
}
