//! The migrations folder as the compiler sees it: where it is, what is in it, and what is wrong with it.
//!
//! `migrate!()` embeds what this module reads, and checked queries build their schema from it.

mod error;
mod file_name;
mod folder;
mod locate;
mod manifest;

pub(crate) use error::MigrationsError;
pub(crate) use file_name::Kind;
pub(crate) use folder::{Migration, read};
pub(crate) use locate::{Folder, locate, manifest_path};
