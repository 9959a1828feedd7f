//! A map of text, filled entry by entry within the limits of a tree.

use std::collections::HashSet;

use super::super::refusal::{Malformed, Refusal};
use super::tree::{Budget, Cost, Map, Node, Scalar};

/// Collects the entries of a map in their order.
#[derive(Debug, Default)]
pub(super) struct MapBuilder {
    entries: Map,
    names: HashSet<String>,
    budget: Budget,
}

impl MapBuilder {
    /// Adds text under a key that is not there yet.
    pub(super) fn text(&mut self, name: &str, text: String) -> Result<(), Refusal> {
        self.budget.spend(Cost::of(&text))?;
        self.node(name, Node::Scalar(Scalar::Text(text)))
    }

    /// Adds a value under a key that is not there yet.
    pub(super) fn node(&mut self, name: &str, node: Node) -> Result<(), Refusal> {
        self.budget.spend(Cost::of(name))?;
        if !self.names.insert(name.to_owned()) {
            return Err(Malformed::DuplicateKey.into());
        }
        self.entries.push((name.to_owned(), node));
        Ok(())
    }

    pub(super) fn finish(self) -> Map {
        self.entries
    }
}
