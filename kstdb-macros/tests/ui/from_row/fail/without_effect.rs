//! A setting that could do nothing beside another is refused.

use kstdb_macros::FromRow;

#[derive(FromRow)]
struct User {
    #[kstdb(skip, rename = "a", default)]
    id: i64,
    #[kstdb(flatten, rename = "b", try_from = "i64")]
    name: String,
    #[kstdb(default, flatten)]
    mail: String,
    #[kstdb(flatten, skip)]
    rest: String,
}

fn main() {}
