//! Without a build script the macro warns of new files.
#![deny(deprecated)]

extern crate self as kstdb_core;
#[path = "../../../mock/mod.rs"]
mod mock;
pub use mock::*;

fn main() {
    let _ = kstdb_macros::migrate!("folders/good");
}
