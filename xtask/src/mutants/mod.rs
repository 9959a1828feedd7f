//! `cargo xtask torture --mutants`: takes each guard away in turn, in a copy of the sources, and
//! runs the tests that must turn red and were green with it. A test that cannot fail is a defect.

mod check;
mod list;
mod mutant;
mod oracles;
mod run;

pub(crate) use run::run;
