//! Every unknown setting is told, with those that there are.

use kstdb_macros::FromRow;

#[derive(FromRow)]
#[kstdb(rename = "users", tables("a", "b"), rename_al = "camelCase")]
struct User {
    #[kstdb(json)]
    id: i64,
    #[kstdb(colum = "n", skip_it)]
    name: String,
    #[kstdb(sqlx::default)]
    mail: String,
}

fn main() {}
