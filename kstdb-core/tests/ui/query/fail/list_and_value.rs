//! A name is a list or one value.
#![allow(deprecated, reason = "the crate of the cases has no build script")]

fn main() {
    let ids = [1, 2];
    kstdb_core::query!("SELECT id FROM users WHERE id IN (..ids) OR id > :ids");
}
