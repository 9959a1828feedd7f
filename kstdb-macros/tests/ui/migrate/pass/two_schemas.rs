//! One crate may embed several folders, and the warning about new files can be switched off.

extern crate self as kstdb_core;
#[path = "../../../mock/mod.rs"]
mod mock;
pub use mock::*;

#[expect(deprecated, reason = "this crate has no build script")]
fn main() {
    let lengths =
        [kstdb_macros::migrate!("folders/good"), kstdb_macros::migrate!("./folders/other/")]
            .map(|migrations| migrations.0.len());
    assert_eq!(lengths, [4, 1]);
}
