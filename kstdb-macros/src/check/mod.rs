//! What SQLite says about one statement: its columns, parameters and effect.
//!
//! Types come from a witness that reads the statement's program, and from the declared types of what
//! RETURNING gives back. A column is called "never NULL" if the witness can prove it alone, or if it
//! finds nothing against it and sqlx's `describe`, which follows the program's paths, says so too.

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
