//! Running cases: side by side, watched, with a seed for each, and a line for each.

mod batch;
mod lines;
mod origin;
mod outcome;
mod panics;
mod row;
mod run;
mod scale;
mod summary;
mod test;

pub(crate) use panics::abort as abort_on_panic;
pub(crate) use run::run;
pub(crate) use scale::{Level, Scale};
pub(crate) use test::{Tally, Test};
