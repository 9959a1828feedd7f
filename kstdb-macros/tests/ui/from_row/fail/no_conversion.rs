//! `try_from` needs a `TryFrom` from that type, and that a column can give it.

extern crate self as kstdb_core;
#[path = "../../../mock/mod.rs"]
mod mock;
pub use mock::*;

use kstdb_macros::FromRow;

pub struct Level;

#[derive(FromRow)]
pub struct User {
    #[kstdb(try_from = "i64")]
    level: Level,
    #[kstdb(try_from = "u128")]
    id: u128,
}

fn main() {}
