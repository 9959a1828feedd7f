//! `cargo xtask torture --mutants`: takes each guard away in turn, in a copy of the sources, and
//! runs the tests that must turn red. A test that cannot fail is a defect.

mod list;
mod run;

pub(crate) use run::run;
