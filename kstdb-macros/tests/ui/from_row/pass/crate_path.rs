//! `crate = ".."` says for one derive where kstdb-core is.
#![deny(warnings)]

#[path = "../../../mock/mod.rs"]
mod mock;

use kstdb_macros::FromRow;
use mock::{RowError, Value};

mod nested {
    #[derive(Debug, crate::FromRow, PartialEq)]
    #[kstdb(crate = "crate::mock", rename_all = "UPPERCASE")]
    pub(crate) struct User {
        pub(crate) id: i64,
        #[kstdb(flatten)]
        pub(crate) rest: Rest,
    }

    #[derive(Debug, crate::FromRow, PartialEq)]
    #[kstdb(crate = "super::mock")]
    pub(crate) struct Rest {
        #[kstdb(try_from = "i64")]
        pub(crate) age: u8,
    }
}

fn main() -> Result<(), RowError> {
    let row = [Value::Integer(1), Value::Integer(36)];
    let user: nested::User = mock::read(&["ID", "age"], &row)?;
    assert_eq!(user, nested::User { id: 1, rest: nested::Rest { age: 36 } });
    Ok(())
}
