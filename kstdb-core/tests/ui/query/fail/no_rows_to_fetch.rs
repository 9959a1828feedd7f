//! A statement without rows can only be executed.
#![allow(deprecated, reason = "the crate of the cases has no build script")]

fn main() {
    let db = kstdb_core::AsyncDatabase::builder(":memory:").build();
    let _ = kstdb_core::query!("DELETE FROM users").fetch_all(&db);
}
