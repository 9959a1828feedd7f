//! An enum is one value, not a row.

use kstdb_macros::FromRow;

#[derive(FromRow)]
enum Status {
    On,
    Off,
}

fn main() {}
