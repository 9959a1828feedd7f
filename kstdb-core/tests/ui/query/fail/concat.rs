//! The text is read as it stands: no macro is expanded first.
#![allow(deprecated, reason = "the crate of the cases has no build script")]

fn main() {
    kstdb_core::query!(concat!("SELECT id ", "FROM users"));
}
