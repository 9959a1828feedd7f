//! A list is a slice, an array or a Vec.
#![allow(deprecated, reason = "the crate of the cases has no build script")]

fn main() {
    let ids = 7_i64;
    kstdb_core::query!("SELECT id FROM users WHERE id IN (..ids)");
}
