//! A column that can be NULL into a field that cannot.
#![allow(deprecated, reason = "the crate of the cases has no build script")]

struct User {
    email: String,
}

fn main() {
    kstdb_core::query_as!(User, "SELECT email FROM users");
}
