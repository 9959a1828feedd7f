//! A type that no column can give is told at the field.

extern crate self as kstdb_core;
#[path = "../../../mock/mod.rs"]
mod mock;
pub use mock::*;

use kstdb_macros::FromRow;

pub struct Opaque;

#[derive(FromRow)]
pub struct User {
    id: i64,
    opaque: Opaque,
    name: &'static str,
}

fn main() {}
