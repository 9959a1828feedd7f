//! `try_from` goes through another type, by `TryFrom` or `From`, with any error that can be boxed.
#![deny(warnings)]

extern crate self as kstdb_core;
#[path = "../../../mock/mod.rs"]
mod mock;
pub use mock::*;

use kstdb_macros::FromRow;

#[derive(Debug, PartialEq)]
enum Level {
    Low,
    High,
}

impl TryFrom<i64> for Level {
    type Error = String;

    fn try_from(number: i64) -> Result<Self, Self::Error> {
        match number {
            0 => Ok(Self::Low),
            1 => Ok(Self::High),
            other => Err(format!("there is no level {other}")),
        }
    }
}

#[derive(Debug, PartialEq)]
struct Name(String);

impl From<String> for Name {
    fn from(name: String) -> Self {
        Self(name)
    }
}

#[derive(Debug, FromRow, PartialEq)]
struct Alarm {
    #[kstdb(try_from = "i64")]
    level: Level,
    #[kstdb(try_from = "String", rename = "title")]
    name: Name,
    #[kstdb(try_from = "i64")]
    port: u16,
}

fn main() -> Result<(), RowError> {
    let columns = &["level", "title", "port"];
    let row = [Value::Integer(1), Value::Text("fire"), Value::Integer(8080)];
    let alarm: Alarm = read(columns, &row)?;
    assert_eq!(alarm, Alarm { level: Level::High, name: Name("fire".to_owned()), port: 8080 });

    let row = [Value::Integer(2), Value::Text("fire"), Value::Integer(8080)];
    let error = read::<Alarm>(columns, &row);
    assert!(
        matches!(&error, Err(RowError::Conversion(cause)) if cause.to_string() == "there is no level 2"),
        "{error:?}"
    );
    Ok(())
}
