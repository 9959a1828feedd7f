//! A SOPS file as a tree of typed values, whatever its format, and the limits of that tree.

use super::super::refusal::Refusal;

/// Bytes that a file may have.
pub(in crate::sops) const MAX_FILE_BYTES: usize = 8 * 1024 * 1024;

/// How deep maps and lists may nest.
pub(super) const MAX_DEPTH: usize = 100;

/// Values, lists and maps that a file may have, each repetition through an alias counted.
const MAX_NODES: usize = 100_000;

/// Bytes of text that a file may have, likewise.
const MAX_TEXT_BYTES: usize = 2 * MAX_FILE_BYTES;

/// The entries of a map in the order of the file, which the MAC depends on.
pub(super) type Map = Vec<(String, Node)>;

/// A value of a file, with everything below it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Map(Map),
    List(Vec<Self>),
    Scalar(Scalar),
}

/// A single value, typed as sops types it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar {
    Null,
    Text(String),
    Int(i64),
    Float(f64),
    Bool(bool),
    /// In the form that the MAC is made of.
    Time(String),
    /// A value whose type or text sops could see differently.
    Unclear,
}

/// What a file holds: its documents without the metadata, and the metadata.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) documents: Vec<Map>,
    pub(super) metadata: Map,
    /// Says that the text could mean something else to sops, and why.
    pub(super) doubt: Option<&'static str>,
}

impl Node {
    /// Gives the text of a string.
    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Scalar(Scalar::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self, Self::Scalar(Scalar::Null))
    }
}

/// Gives the value under a key.
pub(super) fn get<'m>(map: &'m Map, key: &str) -> Option<&'m Node> {
    map.iter()
        .find_map(|(name, node)| (name == key).then_some(node))
}

/// Takes the value under a key out of a map.
pub(super) fn take(map: &mut Map, key: &str) -> Option<Node> {
    let index = map.iter().position(|(name, _)| name == key)?;
    Some(map.remove(index).1)
}

/// What a tree may still use of its limits.
#[derive(Debug)]
pub(super) struct Budget {
    nodes: usize,
    text_bytes: usize,
}

/// What a value uses of the limits, with everything below it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cost {
    pub(super) nodes: usize,
    pub(super) text_bytes: usize,
}

impl Cost {
    /// One value with this much text.
    pub(super) fn of(text: &str) -> Self {
        Self {
            nodes: 1,
            text_bytes: text.len(),
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.nodes = self.nodes.saturating_add(other.nodes);
        self.text_bytes = self.text_bytes.saturating_add(other.text_bytes);
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            nodes: MAX_NODES,
            text_bytes: MAX_TEXT_BYTES,
        }
    }
}

impl Budget {
    pub(super) fn spend(&mut self, cost: Cost) -> Result<(), Refusal> {
        let left = (
            self.nodes.checked_sub(cost.nodes),
            self.text_bytes.checked_sub(cost.text_bytes),
        );
        let (Some(nodes), Some(text_bytes)) = left else {
            return Err(Refusal::TooManyValues { limit: MAX_NODES });
        };
        *self = Self { nodes, text_bytes };
        Ok(())
    }
}
