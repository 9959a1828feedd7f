//! A column without a field.
#![allow(deprecated, reason = "the crate of the cases has no build script")]

struct User {
    id: i64,
}

fn main() {
    kstdb_core::query_as!(User, "SELECT id, name FROM users");
}
