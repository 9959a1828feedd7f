//! Metadata that has lists and maps in its key names: `age__list_0__map_recipient`.

use std::collections::HashMap;

use super::super::refusal::Refusal;
use super::tree::{MAX_DEPTH, Map, Node};

const MAP: &str = "__map_";
const LIST: &str = "__list_";

/// Items that a list of the metadata may have.
const MAX_ITEMS: usize = 1000;

/// Builds lists and maps out of flat names.
pub(super) fn unflatten(flat: Map) -> Result<Map, Refusal> {
    let mut top = Branch::default();
    for (name, node) in flat {
        let mut branch = &mut top;
        for step in steps(&name)? {
            branch = branch.child(step)?;
        }
        if branch.is_used() {
            return Err(structure());
        }
        branch.leaf = Some(node);
    }
    match top.into_node()? {
        Node::Map(map) => Ok(map),
        Node::List(_) | Node::Scalar(_) => Err(structure()),
    }
}

fn structure() -> Refusal {
    Refusal::Metadata { field: "sops" }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step<'n> {
    Key(&'n str),
    Item(usize),
}

fn steps(name: &str) -> Result<Vec<Step<'_>>, Refusal> {
    let next = |text: &str| [MAP, LIST].iter().filter_map(|mark| text.find(mark)).min();
    let mut rest = name;
    let mut steps = Vec::new();
    let end = next(rest).unwrap_or(rest.len());
    steps.push(Step::Key(&rest[..end]));
    rest = &rest[end..];
    while !rest.is_empty() {
        if steps.len() >= MAX_DEPTH {
            return Err(Refusal::TooDeep { limit: MAX_DEPTH });
        }
        let (is_list, after) = match rest.strip_prefix(LIST) {
            Some(after) => (true, after),
            None => (false, rest.strip_prefix(MAP).ok_or_else(structure)?),
        };
        let end = next(after).unwrap_or(after.len());
        steps.push(if is_list {
            let index: usize = after[..end].parse().map_err(|_| structure())?;
            if index >= MAX_ITEMS {
                return Err(Refusal::TooManyValues { limit: MAX_ITEMS });
            }
            Step::Item(index)
        } else {
            Step::Key(&after[..end])
        });
        rest = &after[end..];
    }
    Ok(steps)
}

/// A value, a list or a map that is being built.
#[derive(Default)]
struct Branch {
    leaf: Option<Node>,
    keys: HashMap<String, usize>,
    children: Vec<(String, Self)>,
    items: Vec<Self>,
}

impl Branch {
    fn is_used(&self) -> bool {
        self.leaf.is_some() || !self.children.is_empty() || !self.items.is_empty()
    }

    fn child(&mut self, step: Step<'_>) -> Result<&mut Self, Refusal> {
        match step {
            _ if self.leaf.is_some() => Err(structure()),
            Step::Key(_) if !self.items.is_empty() => Err(structure()),
            Step::Item(_) if !self.children.is_empty() => Err(structure()),
            Step::Key(key) => {
                let index = match self.keys.get(key) {
                    Some(index) => *index,
                    None => {
                        self.children.push((key.to_owned(), Self::default()));
                        self.keys.insert(key.to_owned(), self.children.len() - 1);
                        self.children.len() - 1
                    }
                };
                Ok(&mut self.children[index].1)
            }
            Step::Item(index) => {
                if self.items.len() <= index {
                    self.items.resize_with(index + 1, Self::default);
                }
                Ok(&mut self.items[index])
            }
        }
    }

    fn into_node(self) -> Result<Node, Refusal> {
        if let Some(leaf) = self.leaf {
            return Ok(leaf);
        }
        if !self.items.is_empty() {
            // A hole in a list is a branch without anything.
            let items = self.items.into_iter().map(|item| {
                if item.is_used() {
                    item.into_node()
                } else {
                    Err(structure())
                }
            });
            return Ok(Node::List(items.collect::<Result<_, _>>()?));
        }
        let children = self.children.into_iter();
        let entries = children.map(|(key, child)| Ok((key, child.into_node()?)));
        Ok(Node::Map(entries.collect::<Result<_, Refusal>>()?))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree::Scalar;
    use super::*;

    fn text(text: &str) -> Node {
        Node::Scalar(Scalar::Text(text.to_owned()))
    }

    fn built(names: &[&str]) -> Result<Map, Refusal> {
        let flat = names.iter().map(|name| ((*name).to_owned(), text(name)));
        unflatten(flat.collect())
    }

    #[test]
    fn lists_and_maps_are_built_in_any_order() -> Result<(), Refusal> {
        let map = built(&[
            "v",
            "age__list_1__map_enc",
            "age__list_0__map_enc",
            "m__map_a__map_b",
        ])?;
        let enc = |node| Node::Map(vec![("enc".to_owned(), node)]);
        let b = Node::Map(vec![("b".to_owned(), text("m__map_a__map_b"))]);
        let expected = vec![
            ("v".to_owned(), text("v")),
            (
                "age".to_owned(),
                Node::List(vec![
                    enc(text("age__list_0__map_enc")),
                    enc(text("age__list_1__map_enc")),
                ]),
            ),
            ("m".to_owned(), Node::Map(vec![("a".to_owned(), b)])),
        ];
        assert_eq!(map, expected);
        Ok(())
    }

    #[test]
    fn contradictions_and_holes_are_refused() {
        for names in [
            &["a__list_1"][..],
            &["a__list_x"],
            &["a__list_-1"],
            &["a__list_0", "a__map_b"],
            &["a", "a__map_b"],
            &["a__map_b", "a"],
            &["a__list_0", "a__list_00"],
        ] {
            assert!(
                matches!(built(names), Err(Refusal::Metadata { .. })),
                "{names:?}"
            );
        }
        for name in ["a__list_1000", "a__list_99999999999"] {
            assert!(built(&[name]).is_err(), "{name}");
        }
        let deep = format!("a{}", "__map_b".repeat(10_000));
        assert!(matches!(built(&[&deep]), Err(Refusal::TooDeep { .. })));
    }
}
