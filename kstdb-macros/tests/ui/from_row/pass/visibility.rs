//! A public struct may be filled through a private one.
#![deny(warnings)]

extern crate self as kstdb_core;
#[path = "../../../mock/mod.rs"]
mod mock;
pub use mock::*;

use kstdb_macros::FromRow;

#[derive(Debug, FromRow)]
#[allow(dead_code, reason = "only the types matter")]
pub struct Public {
    id: i64,
    #[kstdb(flatten)]
    private: Private,
}

#[derive(Debug, FromRow)]
#[allow(dead_code, reason = "only the types matter")]
struct Private {
    inner: Inner,
}

#[derive(Debug)]
struct Inner;

impl FromValue for Inner {
    fn from_value(_: &Value) -> Result<Self, RowError> {
        Ok(Self)
    }
}

#[derive(Debug, FromRow)]
#[allow(dead_code, reason = "only the types matter")]
pub struct Generic<T, U: Clone> {
    #[kstdb(flatten)]
    private: PrivateOf<T>,
    #[kstdb(skip)]
    other: Option<U>,
}

#[derive(Debug, FromRow)]
#[allow(dead_code, reason = "only the types matter")]
struct PrivateOf<T> {
    inner: T,
}

fn main() -> Result<(), RowError> {
    #[derive(FromRow)]
    struct Local {
        #[kstdb(flatten)]
        private: Private,
    }

    let Local { private: Private { inner: Inner } } = read(&["inner"], &[Value::Null])?;
    read::<Generic<i64, u8>>(&["inner"], &[Value::Integer(1)])?;
    read::<Public>(&["id", "inner"], &[Value::Integer(1), Value::Null]).map(drop)
}
