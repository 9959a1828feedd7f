//! Nothing of the prelude is used by its short name.

#![no_implicit_prelude]
#![allow(deprecated, dead_code, reason = "the crate of the cases has no build script")]

extern crate kstdb_core;
extern crate std;

pub struct User {
    pub id: i64,
    pub mail: std::option::Option<std::string::String>,
}

pub async fn work(db: &kstdb_core::AsyncDatabase) -> std::result::Result<(), kstdb_core::DatabaseError> {
    let ids = [1, 2];
    let user = kstdb_core::query_as!(User, "SELECT id, email AS mail FROM users WHERE id IN (..ids)");
    let User { id: _, mail: _ } = user.fetch_one(db).await?;
    kstdb_core::query!("SELECT id, name FROM users WHERE id = :id", id = 1).fetch_all(db).await?;
    kstdb_core::query_scalar!("SELECT count(*) FROM users").fetch_one(db).await?;
    kstdb_core::query!("DELETE FROM posts").execute(db).await?;
    kstdb_core::migrate!();
    std::result::Result::Ok(())
}

fn main() {}
