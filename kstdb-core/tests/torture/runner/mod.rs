//! Running cases: side by side, watched, with a seed for each, and a line for each batch.

mod batch;
mod panics;
mod report;
mod run;
mod scale;
mod test;

pub(crate) use run::run;
pub(crate) use scale::{Level, Scale};
pub(crate) use test::{Tally, Test};
