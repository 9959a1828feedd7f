//! JSON as text, and the numbers that SQLite makes of it.
//!
//! A column declared `JSON` has NUMERIC affinity (<https://www.sqlite.org/datatype3.html#type_affinity>):
//! SQLite stores the JSON text `5` there as the integer 5, `5.0` too, and a number beyond 64 bits as
//! the nearest `f64`. A column declared `TEXT`, overridden with `AS "name: Json"`, keeps every digit.

use serde_json::Value as Json;

use crate::error::ValueError;
use crate::session::{FromValue, IntoValue, Value, ValueRef};

impl FromValue for Json {
    fn from_value(value: ValueRef<'_>) -> Result<Self, ValueError> {
        let malformed = ValueError::Malformed { expected: "JSON" };
        match value {
            ValueRef::Integer(number) => Ok(Self::from(number)),
            ValueRef::Real(number) => serde_json::Number::from_f64(number)
                .map(Self::from)
                .ok_or(malformed),
            value => serde_json::from_str(&String::from_value(value)?).map_err(|_| malformed),
        }
    }
}

impl IntoValue for Json {
    fn into_value(self) -> Result<Value, ValueError> {
        Ok(Value::Text(self.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() -> Result<(), ValueError> {
        let json = serde_json::json!({"a": [1, null, "x"]});
        assert_eq!(Json::from_value(json.clone().into_value()?.as_ref())?, json);
        Ok(())
    }

    #[test]
    fn numbers_that_sqlite_stored_as_such_are_read() -> Result<(), ValueError> {
        assert_eq!(
            Json::from_value(ValueRef::Integer(5))?,
            serde_json::json!(5)
        );
        assert_eq!(
            Json::from_value(ValueRef::Real(0.5))?,
            serde_json::json!(0.5)
        );
        let infinite = Json::from_value(ValueRef::Real(f64::INFINITY));
        assert_eq!(infinite, Err(ValueError::Malformed { expected: "JSON" }));
        assert!(Json::from_value(ValueRef::Null).is_err());
        Ok(())
    }

    #[test]
    fn text_that_is_no_json_is_refused() {
        assert!(Json::from_value(ValueRef::Text(b"{")).is_err());
    }
}
