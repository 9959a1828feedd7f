//! What needs a name is refused where fields have none.

use kstdb_macros::FromRow;

#[derive(FromRow)]
#[kstdb(rename_all = "camelCase")]
struct User(
    #[kstdb(rename = "id")] i64,
    #[kstdb(default)] String,
    #[kstdb(flatten)] String,
);

fn main() {}
