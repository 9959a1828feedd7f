//! A field without a column.
#![allow(deprecated, reason = "the crate of the cases has no build script")]

struct User {
    id: i64,
    name: String,
}

fn main() {
    kstdb_core::query_as!(User, "SELECT id FROM users");
}
