//! A named parameter without a value is a variable that is not there.
#![allow(deprecated, reason = "the crate of the cases has no build script")]

fn main() {
    kstdb_core::query!("SELECT id FROM users WHERE name = :name");
}
