//! `flatten` fills a struct in the struct from the same row, to any depth.
#![deny(warnings)]

extern crate self as kstdb_core;
#[path = "../../../mock/mod.rs"]
mod mock;
pub use mock::*;

use kstdb_macros::FromRow;

mod address {
    #[derive(Debug, crate::FromRow, PartialEq)]
    pub(crate) struct Address {
        pub(crate) street: String,
        #[kstdb(flatten)]
        pub(crate) place: Place,
    }

    #[derive(Debug, crate::FromRow, PartialEq)]
    pub(crate) struct Place {
        pub(crate) city: String,
        #[kstdb(default)]
        pub(crate) country: String,
    }
}

#[derive(Debug, FromRow, PartialEq)]
struct Person {
    #[kstdb(flatten)]
    address: address::Address,
    name: String,
}

fn main() -> Result<(), RowError> {
    let person: Person = read(
        &["name", "city", "street"],
        &[Value::Text("Ada"), Value::Text("London"), Value::Text("St James's Square")],
    )?;
    assert_eq!(person.address.street, "St James's Square");
    assert_eq!(person.address.place.city, "London");
    assert_eq!(person.address.place.country, "");
    assert_eq!(person.name, "Ada");

    let error = read::<Person>(&["name", "street"], &[]);
    assert!(matches!(error, Err(RowError::NoColumn(name)) if name == "city"));
    Ok(())
}
