//! JSON as text.

use serde_json::Value as Json;

use crate::error::ValueError;
use crate::session::{FromValue, IntoValue, Value, ValueRef};

impl FromValue for Json {
    fn from_value(value: ValueRef<'_>) -> Result<Self, ValueError> {
        let text = String::from_value(value)?;
        serde_json::from_str(&text).map_err(|_| ValueError::Malformed { expected: "JSON" })
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
    fn text_that_is_no_json_is_refused() {
        assert!(Json::from_value(ValueRef::Text(b"{")).is_err());
    }
}
