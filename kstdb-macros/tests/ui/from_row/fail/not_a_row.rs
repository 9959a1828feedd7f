//! A flattened field needs a `FromRow` of its own.

extern crate self as kstdb_core;
#[path = "../../../mock/mod.rs"]
mod mock;
pub use mock::*;

use kstdb_macros::FromRow;

pub struct Address {
    street: String,
}

#[derive(FromRow)]
pub struct User {
    #[kstdb(flatten)]
    address: Address,
    id: i64,
}

fn main() {}
