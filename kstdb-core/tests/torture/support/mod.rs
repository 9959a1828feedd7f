//! What several tests need: a ledger whose rows prove themselves, databases, runtimes, limits.

pub(crate) mod canary;
mod database;
mod ledger;
mod migrations;
#[path = "../../it/support/polls.rs"]
mod polls;
mod runtime;
mod template;

pub(crate) use database::{builder, checked_from_inside, next_raw_key, raw_key};
pub(crate) use ledger::{Append, Contents, Ledger};
pub(crate) use migrations::{migrated, migrations};
pub(crate) use polls::{poll_times, until};
pub(crate) use runtime::{on_runtime, within};
pub(crate) use template::{Template, write_image};

/// What a condition that comes true soon is waited for.
const LIMIT: std::time::Duration = std::time::Duration::from_secs(30);
