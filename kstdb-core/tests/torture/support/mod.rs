//! What several tests need: a ledger whose rows prove themselves, databases, runtimes, limits.

mod database;
mod ledger;
mod runtime;
mod template;

pub(crate) use database::{builder, checked_from_inside};
pub(crate) use ledger::{Append, Contents, Ledger};
pub(crate) use runtime::{on_runtime, within};
pub(crate) use template::{Template, write_image};
