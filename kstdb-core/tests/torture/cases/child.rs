//! What a child process of a test does.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::ValueEnum;

use super::{kill, secrets, unruly};
use crate::flags::Flags;

/// The part that a child plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// Appends to a ledger, and checkpoints, until it is killed.
    Write,
    /// Migrates, and ends if it is not killed before.
    Migrate,
    /// Ends with its database at work.
    Exit,
    /// Forks with its database open.
    Fork,
    /// Opens with a passphrase, works, changes it and closes, stage by stage.
    Secrets,
}

/// Plays the part.
pub(crate) fn child(role: Role, flags: &Flags) -> anyhow::Result<ExitCode> {
    let database = flags
        .database
        .as_deref()
        .context("a child needs --database")?;
    let seed = flags.seed.unwrap_or_default();
    match role {
        Role::Write => kill::writer(database, seed)?,
        Role::Migrate => kill::migrator(database)?,
        Role::Exit => return unruly::exit(database, seed),
        Role::Secrets => secrets::child(database, seed)?,
        Role::Fork => return unruly::fork(database, seed),
    }
    Ok(ExitCode::SUCCESS)
}
