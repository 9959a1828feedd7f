//! A query runs on the types of kstdb.
#![allow(deprecated, reason = "the crate of the cases has no build script")]

fn main() {
    let _ = kstdb_core::query!("DELETE FROM users").execute(&7);
}
