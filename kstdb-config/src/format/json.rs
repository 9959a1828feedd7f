//! JSON, read value by value: a key that stands twice in one object is an error.

use std::cell::RefCell;
use std::fmt;

use config::{Map, Value, ValueKind};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::{Fault, FileFormat};
use crate::error::Position;

/// Reads one JSON text. Its nesting is bounded by `serde_json` itself.
pub(super) fn parse(text: &str) -> Result<Value, Fault> {
    let duplicate = RefCell::new(None);
    let mut deserializer = serde_json::Deserializer::from_str(text);
    Node {
        duplicate: &duplicate,
    }
    .deserialize(&mut deserializer)
    .and_then(|value| deserializer.end().map(|()| value))
    .map_err(|error| {
        let (line, column) = (error.line(), error.column().max(1));
        match duplicate.take() {
            Some(key) => Fault::duplicate(line, column, &key),
            None => FileFormat::Json.syntax(Some(Position { line, column })),
        }
    })
}

/// Builds a [`Value`], and leaves the key that stood twice where [`parse`] finds it.
#[derive(Clone, Copy)]
struct Node<'a> {
    duplicate: &'a RefCell<Option<String>>,
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::new(None, ValueKind::Boolean(flag)))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::new(None, ValueKind::I64(number)))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::new(None, ValueKind::U64(number)))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::new(None, ValueKind::Float(number)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::new(None, ValueKind::String(text.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::new(None, ValueKind::Nil))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(self)? {
            values.push(value);
        }
        Ok(Value::new(None, ValueKind::Array(values)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut table = Map::new();
        while let Some(key) = object.next_key::<String>()? {
            if table.contains_key(&key) {
                self.duplicate.replace(Some(key));
                return Err(A::Error::custom("duplicate key"));
            }
            let value = object.next_value_seed(self)?;
            table.insert(key, value);
        }
        Ok(Value::new(None, ValueKind::Table(table)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::FileProblem;

    #[test]
    fn a_key_that_stands_twice_is_named_with_its_place() {
        let fault = parse("{\"db\": {\n  \"pool\": 1,\n  \"pool\": 2\n}}").err();
        assert_eq!(
            fault.map(|fault| (fault.problem, fault.position.map(|at| at.line))),
            Some((FileProblem::DuplicateKey { key: "pool".into() }, Some(3)))
        );
    }

    #[test]
    fn text_after_the_value_is_refused() {
        let syntax = FileProblem::Syntax { format: "JSON" };
        assert_eq!(
            parse("{} {}").err().map(|fault| fault.problem),
            Some(syntax)
        );
    }

    #[test]
    fn deep_nesting_is_refused() {
        assert!(parse(&"[".repeat(1_000_000)).is_err());
    }
}
