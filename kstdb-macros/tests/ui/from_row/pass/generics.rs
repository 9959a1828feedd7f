//! Type parameters get the bounds that their fields need, and keep their own.
#![deny(warnings)]

extern crate self as kstdb_core;
#[path = "../../../mock/mod.rs"]
mod mock;
pub use mock::*;

use kstdb_macros::FromRow;

use std::marker::PhantomData;

#[derive(Debug, FromRow, PartialEq)]
struct Tagged<K: Copy, V, const N: usize>
where
    V: Clone,
{
    key: K,
    value: Option<V>,
    #[kstdb(skip)]
    tag: PhantomData<[u8; N]>,
}

#[derive(Debug, FromRow, PartialEq)]
struct Page<T> {
    #[kstdb(flatten)]
    item: T,
    total: i64,
}

#[derive(Debug, FromRow, PartialEq)]
struct Converted<T> {
    #[kstdb(try_from = "i64", default)]
    number: T,
}

/// `Page<T>` asks nothing of `T` but what `flatten` needs.
fn page_of<T: FromRow>(columns: &'static [&'static str], row: &[Value]) -> Result<Page<T>, RowError> {
    read(columns, row)
}

fn main() -> Result<(), RowError> {
    let columns = &["key", "value", "total"];
    let row = [Value::Integer(1), Value::Text("v"), Value::Integer(5)];
    let page: Page<Tagged<i64, String, 3>> = page_of(columns, &row)?;
    let item = Tagged { key: 1, value: Some("v".to_owned()), tag: PhantomData };
    assert_eq!(page, Page { item, total: 5 });

    let converted: Converted<u8> = read(&["number"], &[Value::Integer(200)])?;
    assert_eq!(converted, Converted { number: 200 });
    Ok(())
}
