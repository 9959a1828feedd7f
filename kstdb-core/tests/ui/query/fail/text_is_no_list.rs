//! Text is one value, although it can be seen as bytes.
#![allow(deprecated, reason = "the crate of the cases has no build script")]

fn main() {
    let name = String::from("Ada");
    kstdb_core::query!("SELECT id FROM users WHERE name IN (..name)");
}
