//! The expansion draws no warning and takes no name from the code around it.
#![deny(warnings, rust_2018_idioms, unused_qualifications, missing_docs, unreachable_pub)]
#![deny(unused_lifetimes, explicit_outlives_requirements, missing_debug_implementations)]

#[path = "../../../mock/mod.rs"]
#[allow(missing_docs, unreachable_pub, reason = "stands for another crate")]
mod mock;

extern crate self as kstdb_core;
pub(crate) use mock::{Columns, FromRow, FromValue, Row, RowError};

mod shadows {
    use kstdb_macros::FromRow;

    struct Result;
    struct Option;
    struct Default;
    struct TryFrom;
    struct Box;
    #[allow(non_camel_case_types, reason = "that is what it shadows")]
    type usize = String;
    mod core {}
    mod std {}
    mod kstdb_core {}

    #[derive(FromRow)]
    pub(crate) struct Shadowed {
        pub(crate) row: i64,
        pub(crate) plan: i64,
        pub(crate) columns: usize,
        #[kstdb(default)]
        pub(crate) index: i64,
        #[kstdb(skip)]
        pub(crate) _plan: u8,
        #[kstdb(try_from = "i64")]
        pub(crate) value: u8,
        #[kstdb(flatten)]
        pub(crate) slots: Plan,
    }

    #[derive(FromRow)]
    pub(crate) struct Plan {
        #[kstdb(rename = "plan")]
        pub(crate) of: i64,
    }

    pub(crate) fn used() {
        let _ = (Result, Option, Default, TryFrom, Box);
    }
}

fn main() -> Result<(), RowError> {
    use mock::Value::{Integer, Text};

    shadows::used();
    let shadowed: shadows::Shadowed = mock::read(
        &["plan", "row", "columns", "value"],
        &[Integer(1), Integer(2), Text("three"), Integer(4)],
    )?;
    assert_eq!((shadowed.plan, shadowed.row, shadowed.value), (1, 2, 4));
    assert_eq!(shadowed.slots.of, 1);
    assert_eq!((shadowed.columns.as_str(), shadowed.index, shadowed._plan), ("three", 0, 0));
    Ok(())
}
