//! The schema that the migrations make: a database in memory, built once per compiler process.

mod authorize;
mod build;
mod cache;
mod catalog;
mod kind;

pub(crate) use build::Schema;
pub(crate) use cache::with_schema;
pub(crate) use catalog::{Catalog, Named};
pub(crate) use kind::Kind;
