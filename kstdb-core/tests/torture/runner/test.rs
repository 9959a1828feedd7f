//! What a test is, and what a case of it counts.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Scale;

/// One row of the programme.
#[derive(Debug)]
pub(crate) struct Test {
    /// The number that `--only` takes; rows of one test share it.
    pub(crate) number: u32,
    pub(crate) name: &'static str,
    /// The seeds of all its cases. The same scale gives the same plan.
    pub(crate) plan: fn(&Scale) -> anyhow::Result<Vec<u64>>,
    /// Runs the case of a seed; an error is a violation.
    pub(crate) run: fn(u64) -> anyhow::Result<Tally>,
    /// How many cases run side by side.
    pub(crate) side_by_side: usize,
    /// A case that takes longer hangs.
    pub(crate) limit: Duration,
    /// What all cases together must count at least, else the test has not tried what it is for.
    pub(crate) floors: &'static [(&'static str, u64)],
}

/// What was counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally(pub(crate) BTreeMap<String, u64>);

impl Tally {
    pub(crate) fn add(&mut self, what: &str, count: u64) {
        *self.0.entry(what.to_owned()).or_default() += count;
    }

    pub(crate) fn one(what: &str) -> Self {
        let mut tally = Self::default();
        tally.add(what, 1);
        tally
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (what, count) in &other.0 {
            self.add(what, *count);
        }
    }

    pub(crate) fn count(&self, what: &str) -> u64 {
        self.0.get(what).copied().unwrap_or(0)
    }
}
