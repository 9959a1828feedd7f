//! A record has the columns and nothing else.
#![allow(deprecated, reason = "the crate of the cases has no build script")]

fn main() {
    let db = kstdb_core::AsyncDatabase::builder(":memory:").build();
    let _ = async { kstdb_core::query!("SELECT id FROM users").fetch_one(&db).await.map(|user| user.name) };
}
