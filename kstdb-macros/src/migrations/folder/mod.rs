//! The migrations in a folder, read and checked.

mod read;
#[cfg(test)]
mod tests;

pub(crate) use read::{Migration, read};
