//! An attribute without parentheses says nothing.

use kstdb_macros::FromRow;

#[derive(FromRow)]
#[kstdb]
struct User {
    #[kstdb = "id"]
    id: i64,
}

fn main() {}
