//! What SQLite says about one statement: its columns, parameters and effect.
//!
//! sqlx describes the statement; a second witness can only weaken what sqlx says. Both must call a
//! column "never NULL" before a macro does.

mod describe;
mod fault;
mod suggest;
mod witness;

#[cfg(test)]
mod random_tests;
#[cfg(test)]
mod tests;

pub(crate) use describe::{Checked, Column, check};
pub(crate) use fault::Fault;
pub(crate) use suggest::nearest;
