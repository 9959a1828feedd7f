//! The torture programme: what must hold when everything around the database fails.
//!
//! `cargo xtask torture --ci` runs it; see `README.md` beside this file.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program that prints what it found"
)]

mod cases;
mod flags;
mod logs;
mod runner;
mod support;
#[path = "../vfs/mod.rs"]
mod vfs;

use std::process::ExitCode;

use anyhow::anyhow;
use clap::Parser as _;

use flags::Flags;

fn main() -> ExitCode {
    match run(&Flags::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(flags: &Flags) -> anyhow::Result<ExitCode> {
    if flags.trace {
        logs::tell();
    }
    if let Some(role) = flags.child {
        runner::abort_on_panic();
        return cases::child(role, flags);
    }
    vfs::register(true).map_err(|code| anyhow!("SQLite takes no VFS: {code}"))?;
    runner::run(flags, cases::ALL)
}
