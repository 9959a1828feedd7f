//! A union has no row.

use kstdb_macros::FromRow;

#[derive(FromRow)]
union Bits {
    int: i64,
    float: f64,
}

fn main() {}
