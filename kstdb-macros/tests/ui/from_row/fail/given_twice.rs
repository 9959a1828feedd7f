//! A setting is given once, in one attribute or in two.

use kstdb_macros::FromRow;

#[derive(FromRow)]
#[kstdb(rename_all = "camelCase")]
#[kstdb(rename_all = "lowercase")]
struct User {
    #[kstdb(rename = "a", rename = "b")]
    id: i64,
    #[kstdb(default)]
    #[kstdb(default)]
    name: String,
}

fn main() {}
