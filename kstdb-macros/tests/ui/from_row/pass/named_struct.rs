//! Fields find their columns by name, wherever these stand.
#![deny(warnings)]

extern crate self as kstdb_core;
#[path = "../../../mock/mod.rs"]
mod mock;
pub use mock::*;

use kstdb_macros::FromRow;

#[derive(Debug, FromRow, PartialEq)]
struct User {
    id: i64,
    name: String,
    mail: Option<String>,
}

fn main() -> Result<(), RowError> {
    let user: User = read(
        &["mail", "unused", "name", "id"],
        &[Value::Null, Value::Integer(0), Value::Text("Ada"), Value::Integer(7)],
    )?;
    assert_eq!(user, User { id: 7, name: "Ada".to_owned(), mail: None });

    let error = read::<User>(&["id", "mail"], &[]);
    assert!(matches!(error, Err(RowError::NoColumn(name)) if name == "name"));
    Ok(())
}
