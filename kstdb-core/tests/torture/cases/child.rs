//! What a child process of a test does.

use std::process::ExitCode;

use clap::ValueEnum;

use crate::flags::Flags;

/// The part that a child plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// Appends to a ledger until it is killed.
    Write,
}

/// Plays the part.
pub(crate) fn child(role: Role, _flags: &Flags) -> anyhow::Result<ExitCode> {
    match role {
        Role::Write => Ok(ExitCode::SUCCESS),
    }
}
