//! Without kstdb-core there is nothing to implement.

use kstdb_macros::FromRow;

#[derive(FromRow)]
pub struct User {
    id: i64,
}

fn main() {}
