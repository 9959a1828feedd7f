//! Test 11 of the torture programme: each parser against libFuzzer, two at a time.

mod json;
mod log;
mod plan;
mod run;
mod target;
mod tools;

pub(crate) use plan::{Plan, seed};
pub(crate) use run::{replay, run};

/// The number that `--only` takes.
pub(crate) const TEST: u32 = 11;
