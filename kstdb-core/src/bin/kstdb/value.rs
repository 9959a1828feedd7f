//! Values as text: tagged for JSON, as a cell of a table, as an SQL literal.

use kstdb_core::Value;
use serde::ser::{Serialize, SerializeSeq as _, Serializer};

use crate::{output, real};

/// A value with its storage class, so that nothing is lost in JSON.
///
/// ```text
/// ["null"]  ["integer", "DECIMAL"]  ["real", "16 hex digits", "repr"]  ["text", "..."]  ["blob", "hex"]
/// ```
/// The digits are the bits of IEEE 754, big-endian; the `repr` is Python's.
pub(crate) struct Tagged<'a>(pub(crate) &'a Value);

impl Serialize for Tagged<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tagged = serializer.serialize_seq(None)?;
        tagged.serialize_element(self.0.as_ref().storage_class())?;
        match self.0 {
            Value::Null => {}
            Value::Integer(value) => tagged.serialize_element(&value.to_string())?,
            Value::Real(value) => {
                tagged.serialize_element(&format!("{:016x}", value.to_bits()))?;
                tagged.serialize_element(&real::repr(*value))?;
            }
            Value::Text(text) => tagged.serialize_element(text)?,
            Value::Blob(bytes) => tagged.serialize_element(&hex(bytes))?,
        }
        tagged.end()
    }
}

/// A row of tagged values.
pub(crate) struct TaggedRow<'a>(pub(crate) &'a [Value]);

impl Serialize for TaggedRow<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Tagged))
    }
}

/// A value for the eyes: short and in one line.
pub(crate) fn cell(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Integer(value) => value.to_string(),
        Value::Real(value) => real::repr(*value),
        Value::Text(text) => output::escape(text),
        Value::Blob(bytes) => format!("x'{}'", hex(bytes)),
    }
}

/// A value as an SQL expression that gives the same value.
pub(crate) fn sql(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Integer(i64::MIN) => "-9223372036854775807-1".to_owned(),
        Value::Integer(value) => value.to_string(),
        Value::Real(value) => real::sql(*value),
        Value::Text(text) => sql_text(text),
        Value::Blob(bytes) => format!("X'{}'", hex(bytes)),
    }
}

/// A name of a table or a column as SQL.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// SQLite ends its reading of a statement at a NUL character.
fn sql_text(text: &str) -> String {
    let parts = text
        .split('\0')
        .map(|part| format!("'{}'", part.replace('\'', "''")));
    parts.collect::<Vec<_>>().join("||char(0)||")
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> [Value; 8] {
        [
            Value::Null,
            Value::Integer(i64::MIN),
            Value::Integer(-5),
            Value::Real(0.5),
            Value::Text("it's\0 \u{e9}\n".into()),
            Value::Text(String::new()),
            Value::Blob(vec![0, 255]),
            Value::Blob(Vec::new()),
        ]
    }

    #[test]
    fn a_tag_is_the_storage_class() -> serde_json::Result<()> {
        let tagged = serde_json::to_string(&TaggedRow(&values()))?;
        assert_eq!(
            tagged,
            r#"[["null"],["integer","-9223372036854775808"],["integer","-5"],"#.to_owned()
                + r#"["real","3fe0000000000000","0.5"],["text","it's\u0000 "#
                + "\u{e9}"
                + r#"\n"],["text",""],["blob","00ff"],["blob",""]]"#
        );
        Ok(())
    }

    #[test]
    fn sqlite_reads_every_value_back() -> rusqlite::Result<()> {
        let sqlite = rusqlite::Connection::open_in_memory()?;
        for value in values() {
            let text = sql(&value);
            let read = sqlite.query_row(&format!("SELECT {text}"), (), |row| {
                row.get::<_, rusqlite::types::Value>(0)
            })?;
            let read = match read {
                rusqlite::types::Value::Null => Value::Null,
                rusqlite::types::Value::Integer(value) => Value::Integer(value),
                rusqlite::types::Value::Real(value) => Value::Real(value),
                rusqlite::types::Value::Text(text) => Value::Text(text),
                rusqlite::types::Value::Blob(bytes) => Value::Blob(bytes),
            };
            assert_eq!(read, value, "{text}");
        }
        Ok(())
    }

    #[test]
    fn names_are_quoted() {
        assert_eq!(quoted("a \"b\""), "\"a \"\"b\"\"\"");
    }
}
