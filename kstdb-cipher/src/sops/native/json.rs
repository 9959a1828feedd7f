//! JSON, and the JSON envelope of binary files.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::super::refusal::{Malformed, Refusal};
use super::tree::{Budget, Cost, MAX_DEPTH, Map, Node, Scalar, Tree, take};

/// Reads a file. Messages of the parser quote it, so they are dropped.
pub(super) fn parse(text: &str) -> Result<Tree, Refusal> {
    let mut state = State {
        budget: Budget::default(),
        refusal: None,
    };
    let mut parser = serde_json::Deserializer::from_str(text);
    let level = Level {
        state: &mut state,
        depth: 0,
    };
    let root = level
        .deserialize(&mut parser)
        .and_then(|node| parser.end().map(|()| node));
    let root = match (root, state.refusal) {
        (_, Some(refusal)) => return Err(refusal),
        (Err(_), None) => return Err(Malformed::Syntax.into()),
        (Ok(node), None) => node,
    };
    let Node::Map(mut document) = root else {
        return Err(Malformed::NotAMap.into());
    };
    let Some(Node::Map(metadata)) = take(&mut document, "sops") else {
        return Err(Refusal::NotEncrypted);
    };
    Ok(Tree {
        documents: vec![document],
        metadata,
        doubt: None,
    })
}

struct State {
    budget: Budget,
    /// The reason why reading was broken off, which the parser cannot carry.
    refusal: Option<Refusal>,
}

struct Level<'s> {
    state: &'s mut State,
    depth: usize,
}

impl Level<'_> {
    fn spend<E: Error>(&mut self, text: &str) -> Result<(), E> {
        let spent = self.state.budget.spend(Cost::of(text));
        spent.map_err(|refusal| self.refuse(refusal))
    }

    fn refuse<E: Error>(&mut self, refusal: Refusal) -> E {
        self.state.refusal = Some(refusal);
        E::custom("refused")
    }

    fn scalar<E: Error>(&mut self, scalar: Scalar) -> Result<Node, E> {
        self.spend("")?;
        Ok(Node::Scalar(scalar))
    }

    /// What is one level further in.
    fn inner<E: Error>(&mut self) -> Result<Level<'_>, E> {
        let depth = self.depth + 1;
        if depth > MAX_DEPTH {
            return Err(self.refuse(Refusal::TooDeep { limit: MAX_DEPTH }));
        }
        Ok(Level {
            state: self.state,
            depth,
        })
    }
}

impl<'de> DeserializeSeed<'de> for Level<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Level<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Node, A::Error> {
        self.spend("")?;
        let mut entries = Map::new();
        let mut names = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            if !names.insert(name.clone()) {
                return Err(self.refuse(Malformed::DuplicateKey.into()));
            }
            let node = map.next_value_seed(self.inner()?)?;
            entries.push((name, node));
        }
        Ok(Node::Map(entries))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<Node, A::Error> {
        self.spend("")?;
        let mut nodes = Vec::new();
        while let Some(node) = list.next_element_seed(self.inner()?)? {
            nodes.push(node);
        }
        Ok(Node::List(nodes))
    }

    fn visit_str<E: Error>(mut self, text: &str) -> Result<Node, E> {
        self.spend(text)?;
        Ok(Node::Scalar(Scalar::Text(text.to_owned())))
    }

    fn visit_bool<E: Error>(mut self, value: bool) -> Result<Node, E> {
        self.scalar(Scalar::Bool(value))
    }

    fn visit_i64<E: Error>(mut self, value: i64) -> Result<Node, E> {
        self.scalar(integer(value))
    }

    fn visit_u64<E: Error>(mut self, value: u64) -> Result<Node, E> {
        self.scalar(i64::try_from(value).map_or(Scalar::Unclear, integer))
    }

    fn visit_f64<E: Error>(mut self, value: f64) -> Result<Node, E> {
        let is_negative_zero = value == 0.0 && value.is_sign_negative();
        self.scalar(if is_negative_zero {
            Scalar::Unclear
        } else {
            Scalar::Float(value)
        })
    }

    fn visit_unit<E: Error>(mut self) -> Result<Node, E> {
        self.scalar(Scalar::Null)
    }
}

/// Up to 3.13.1 sops reads every number as a float: one that changes by that could be either.
fn integer(value: i64) -> Scalar {
    /// The integers up to here are floats, too.
    const EXACT: u64 = 1 << 53;
    if value.unsigned_abs() <= EXACT {
        Scalar::Int(value)
    } else {
        Scalar::Unclear
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(text: &str) -> Result<Map, Refusal> {
        Ok(parse(text)?.documents.swap_remove(0))
    }

    #[test]
    fn values_keep_order_and_type() -> Result<(), Refusal> {
        let read = document(
            r#"{"z": "\u00e9", "sops": {}, "a": [null, true, 5, -5, 2.5, 1e21, {}],
                "big": [9007199254740992, 9007199254740993, 18446744073709551615, -0]}"#,
        )?;
        let scalar = Node::Scalar;
        let unclear = || scalar(Scalar::Unclear);
        let expected = vec![
            ("z".to_owned(), scalar(Scalar::Text("\u{e9}".to_owned()))),
            (
                "a".to_owned(),
                Node::List(vec![
                    scalar(Scalar::Null),
                    scalar(Scalar::Bool(true)),
                    scalar(Scalar::Int(5)),
                    scalar(Scalar::Int(-5)),
                    scalar(Scalar::Float(2.5)),
                    scalar(Scalar::Float(1e21)),
                    Node::Map(vec![]),
                ]),
            ),
            (
                "big".to_owned(),
                Node::List(vec![
                    scalar(Scalar::Int(9_007_199_254_740_992)),
                    unclear(),
                    unclear(),
                    unclear(),
                ]),
            ),
        ];
        assert_eq!(read, expected);
        Ok(())
    }

    #[test]
    fn what_is_no_sops_file_is_refused() {
        for (text, expected) in [
            ("", Malformed::Syntax),
            ("{", Malformed::Syntax),
            ("{} {}", Malformed::Syntax),
            ("{\"a\": 1e999}", Malformed::Syntax),
            ("{\"a\": \"\\ud800\"}", Malformed::Syntax),
            ("[]", Malformed::NotAMap),
            ("{\"a\": 1, \"a\": 1}", Malformed::DuplicateKey),
        ] {
            let refused = parse(text);
            assert!(
                matches!(&refused, Err(Refusal::Malformed { problem }) if *problem == expected),
                "{text}: {refused:?}"
            );
        }
        for text in ["{}", "{\"sops\": 5}", "{\"sops\": null}"] {
            assert!(matches!(parse(text), Err(Refusal::NotEncrypted)), "{text}");
        }
    }

    #[test]
    fn size_and_depth_have_limits() {
        let deep = format!("{{\"a\": {}1{}}}", "[".repeat(110), "]".repeat(110));
        assert!(matches!(parse(&deep), Err(Refusal::TooDeep { .. })));
        let many = format!("{{\"a\": [{}0]}}", "0,".repeat(200_000));
        assert!(matches!(parse(&many), Err(Refusal::TooManyValues { .. })));
        assert!(parse(&"[".repeat(1_000_000)).is_err());
    }
}
