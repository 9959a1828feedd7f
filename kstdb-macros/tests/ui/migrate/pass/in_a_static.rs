//! The macro is a constant expression.

extern crate self as kstdb_core;
#[path = "../../../mock/mod.rs"]
mod mock;
pub use mock::*;

#[expect(deprecated, reason = "this crate has no build script")]
static MIGRATIONS: kstdb_core::migrate::Migrations = kstdb_macros::migrate!("folders/good",);

fn main() {
    assert_eq!(MIGRATIONS.0.len(), 4);
}
