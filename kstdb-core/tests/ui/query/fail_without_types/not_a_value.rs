//! A value that SQLite cannot hold.
#![allow(deprecated, reason = "the crate of the cases has no build script")]

#[derive(Clone)]
struct Thing;

fn main() {
    kstdb_core::query!("SELECT id FROM users WHERE name = ?", Thing);
}
