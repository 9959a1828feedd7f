//! Tuple structs and newtypes are filled by position; a skipped field takes none.
#![deny(warnings)]

extern crate self as kstdb_core;
#[path = "../../../mock/mod.rs"]
mod mock;
pub use mock::*;

use kstdb_macros::FromRow;

#[derive(Debug, FromRow, PartialEq)]
struct Id(i64);

#[derive(Debug, FromRow, PartialEq)]
struct Pair(String, #[kstdb(skip)] u8, #[kstdb(try_from = "i64")] u16);

fn main() -> Result<(), RowError> {
    assert_eq!(read::<Id>(&["count(*)"], &[Value::Integer(3)])?, Id(3));

    let row = [Value::Text("a"), Value::Integer(9)];
    assert_eq!(read::<Pair>(&["x", "x"], &row)?, Pair("a".to_owned(), 0, 9));

    assert!(matches!(read::<Pair>(&["x"], &row[..1]), Err(RowError::NoPosition(1))));
    Ok(())
}
