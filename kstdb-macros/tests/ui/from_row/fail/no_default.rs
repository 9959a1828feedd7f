//! A field that may stay empty needs a `Default`.

extern crate self as kstdb_core;
#[path = "../../../mock/mod.rs"]
mod mock;
pub use mock::*;

use kstdb_macros::FromRow;

pub struct Level(i64);

impl From<i64> for Level {
    fn from(number: i64) -> Self {
        Self(number)
    }
}

#[derive(FromRow)]
pub struct User {
    #[kstdb(skip)]
    skipped: Level,
    #[kstdb(default, try_from = "i64")]
    defaulted: Level,
}

fn main() {}
