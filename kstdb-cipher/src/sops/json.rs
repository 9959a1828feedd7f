//! Picks one string out of the JSON that the program printed and keeps nothing else of it.

use std::fmt;

use secrecy::SecretString;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::key_path::KeyPath;

/// Names the type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JsonKind {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean,
    /// A number.
    Number,
    /// Text.
    String,
    /// A list.
    List,
    /// A mapping.
    Map,
    /// A point in time: text in JSON, but not a string of the file.
    Time,
}

/// Says what a document has under a name.
pub(super) enum Picked {
    /// A string that is not empty.
    Value(SecretString),
    /// An empty string.
    Empty,
    /// A value of another type.
    Other(JsonKind),
    /// Nothing.
    Absent,
    /// Two values.
    Ambiguous,
}

/// Looks a name up in a document. Fails if it is not a JSON object; the reason is dropped, because
/// the messages of the parser quote the document.
pub(super) fn pick(document: &[u8], path: &KeyPath) -> Result<Picked, NotJson> {
    let nested = pick_segments(document, &path.segments)?;
    let Some(literal) = &path.literal else {
        return Ok(nested);
    };
    let literal = pick_segments(document, std::slice::from_ref(literal))?;
    Ok(match (nested, literal) {
        (nested, Picked::Absent) => nested,
        (Picked::Absent, literal) => literal,
        _ => Picked::Ambiguous,
    })
}

/// The document is not a JSON object.
pub(super) struct NotJson;

fn pick_segments(document: &[u8], segments: &[String]) -> Result<Picked, NotJson> {
    let mut parser = serde_json::Deserializer::from_slice(document);
    let picked = Level {
        segments,
        is_top: true,
    }
    .deserialize(&mut parser)
    .map_err(|_| NotJson)?;
    parser.end().map_err(|_| NotJson)?;
    Ok(picked)
}

/// One value on the way to the wanted one.
#[derive(Clone, Copy)]
struct Level<'p> {
    /// The keys that are still to go; none: this is the wanted value.
    segments: &'p [String],
    is_top: bool,
}

impl Level<'_> {
    /// Answers for a value that is not a mapping.
    fn scalar<E: Error>(self, kind: JsonKind) -> Result<Picked, E> {
        if self.is_top {
            return Err(E::custom("not a mapping"));
        }
        Ok(if self.segments.is_empty() {
            Picked::Other(kind)
        } else {
            Picked::Absent
        })
    }
}

impl<'de> DeserializeSeed<'de> for Level<'_> {
    type Value = Picked;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Picked, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Level<'_> {
    type Value = Picked;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Picked, A::Error> {
        let Some((wanted, rest)) = self.segments.split_first() else {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(Picked::Other(JsonKind::Map));
        };
        let mut picked = Picked::Absent;
        while let Some(key) = map.next_key::<String>()? {
            if key != *wanted {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let found = map.next_value_seed(Level {
                segments: rest,
                is_top: false,
            })?;
            picked = match picked {
                Picked::Absent => found,
                _ => Picked::Ambiguous,
            };
        }
        Ok(picked)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Picked, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        self.scalar(JsonKind::List)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Picked, E> {
        if self.is_top || !self.segments.is_empty() {
            return self.scalar(JsonKind::String);
        }
        Ok(if text.is_empty() {
            Picked::Empty
        } else {
            Picked::Value(text.into())
        })
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Picked, E> {
        self.scalar(JsonKind::Boolean)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Picked, E> {
        self.scalar(JsonKind::Number)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Picked, E> {
        self.scalar(JsonKind::Number)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Picked, E> {
        self.scalar(JsonKind::Number)
    }

    fn visit_unit<E: Error>(self) -> Result<Picked, E> {
        self.scalar(JsonKind::Null)
    }
}

impl fmt::Display for JsonKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::String => "a string",
            Self::List => "a list",
            Self::Map => "a mapping",
            Self::Time => "a time",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[expect(
        clippy::disallowed_methods,
        reason = "the test compares what was picked"
    )]
    fn show(document: &str, name: &str) -> String {
        let Ok(path) = KeyPath::parse(name) else {
            return "bad name".into();
        };
        match pick(document.as_bytes(), &path) {
            Ok(Picked::Value(text)) => format!("= {}", text.expose_secret()),
            Ok(Picked::Empty) => "empty".into(),
            Ok(Picked::Other(kind)) => kind.to_string(),
            Ok(Picked::Absent) => "absent".into(),
            Ok(Picked::Ambiguous) => "ambiguous".into(),
            Err(NotJson) => "not JSON".into(),
        }
    }

    #[test]
    fn only_a_string_that_is_not_empty_is_a_key() {
        let document = r#"{"s": "k\u00e9y", "e": "", "n": 12345, "f": 1.5, "neg": -1, "b": true,
            "z": null, "l": ["x"], "m": {"s": "deep", "m": {"s": "deeper"}}}"#;
        for (name, expected) in [
            ("s", "= k\u{e9}y"),
            ("e", "empty"),
            ("n", "a number"),
            ("f", "a number"),
            ("neg", "a number"),
            ("b", "a boolean"),
            ("z", "null"),
            ("l", "a list"),
            ("m", "a mapping"),
            ("m.s", "= deep"),
            ("m.m.s", "= deeper"),
            ("[\"m\"][\"s\"]", "= deep"),
            ("[\"m.s\"]", "absent"),
            ("s.x", "absent"),
            ("l.x", "absent"),
            ("m.x", "absent"),
            ("x", "absent"),
        ] {
            assert_eq!(show(document, name), expected, "{name}");
        }
    }

    #[test]
    fn a_name_that_fits_two_values_is_refused() {
        let both = r#"{"a.b": "literal", "a": {"b": "nested"}}"#;
        assert_eq!(show(both, "a.b"), "ambiguous");
        assert_eq!(show(both, "[\"a.b\"]"), "= literal");
        assert_eq!(show(both, "[\"a\"][\"b\"]"), "= nested");
        assert_eq!(show(r#"{"a.b": "literal"}"#, "a.b"), "= literal");
        assert_eq!(show(r#"{"a": "one", "a": "two"}"#, "a"), "ambiguous");
    }

    #[test]
    fn what_is_no_json_object_is_refused() {
        for document in [
            "",
            "text",
            "\"text\"",
            "[]",
            "12",
            "null",
            "{",
            "{} {}",
            "{\"a\": \"b\"",
        ] {
            assert_eq!(show(document, "a"), "not JSON", "{document:?}");
        }
        assert_eq!(show(&"[".repeat(100_000), "a"), "not JSON");
    }
}
