//! What several modules need: databases in a directory of their own, child processes, captured logs.

mod busy;
mod child;
#[cfg(feature = "sqlcipher")]
mod damage;
mod database;
mod errors;
mod logs;
#[cfg(all(target_os = "linux", feature = "sqlcipher"))]
pub(crate) mod memory;
mod polls;
#[cfg(unix)]
mod sops;
mod statements;

pub(crate) use busy::Busy;
#[cfg(target_os = "linux")]
pub(crate) use child::unprivileged;
pub(crate) use child::{child, in_a_child, is_child};
#[cfg(feature = "sqlcipher")]
pub(crate) use damage::{damage_last_page, name_smaller_pages};
#[cfg(unix)]
pub(crate) use database::writer_lock;
pub(crate) use database::{Files, LIMIT, builder, raw_key};
pub(crate) use errors::{TestResult, chain, refusal};
pub(crate) use logs::Logs;
pub(crate) use polls::{poll_times, until};
#[cfg(unix)]
pub(crate) use sops::FakeSops;
pub(crate) use statements::{COUNT, ENDLESS};
