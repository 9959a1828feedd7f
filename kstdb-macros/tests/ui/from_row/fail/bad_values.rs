//! Each value is checked where it is written.

use kstdb_macros::FromRow;

#[derive(FromRow)]
#[kstdb(rename_all = "camel", crate = "not a path")]
struct User {
    #[kstdb(rename = "")]
    id: i64,
    #[kstdb(try_from = "i64 or so")]
    age: u8,
    #[kstdb(try_from = i64)]
    size: u8,
    #[kstdb(default = "now")]
    at: i64,
    #[kstdb(rename)]
    name: String,
}

fn main() {}
