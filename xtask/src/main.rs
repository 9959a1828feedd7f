//! Tasks of this workspace: `cargo xtask <task>`; `cargo xtask help` lists them.
//!
//! xtask links no crate of the workspace: it runs before SQLCipher is there, builds it, and starts
//! cargo with what it built.
#![expect(
    clippy::print_stderr,
    reason = "a command-line program says what it does and what went wrong"
)]

mod bench;
mod build;
mod cargo;
mod ci;
mod db;
mod demo;
mod doctor;
mod flags;
mod fuzz;
mod installed;
mod interop;
mod machine;
mod macro_cost;
mod mutants;
mod process;
mod sops_check;
mod sqlcipher;
mod test;
mod tidy;
mod torture;
mod workspace;

use std::process::ExitCode;

use clap::Parser as _;
use xshell::Shell;

fn main() -> ExitCode {
    let flags = flags::Xtask::parse();
    match run(flags) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report(&error),
    }
}

fn run(flags: flags::Xtask) -> anyhow::Result<()> {
    let sh = &Shell::new()?;
    let provider = flags.provider;
    match flags.task {
        flags::Task::Sqlcipher(task) => task.run(sh, provider),
        flags::Task::Build(task) => task.run(sh, provider),
        flags::Task::Test(task) => task.run(sh, provider),
        flags::Task::Bench(task) => task.run(sh, provider),
        flags::Task::Torture(task) => task.run(sh, provider),
        flags::Task::Demo(task) => task.run(sh, provider),
        flags::Task::Ci(task) => task.run(sh, provider),
        flags::Task::Doctor(task) => task.run(sh, provider),
        flags::Task::Db(task) => task.run(sh, provider),
        flags::Task::Interop(task) => task.run(sh, provider),
        flags::Task::MacroCost(task) => task.run(sh, provider),
        flags::Task::SopsCheck(task) => task.run(sh),
        flags::Task::Tidy(task) => task.run(sh),
    }
}

/// Says what went wrong, once; a program that xtask only started has said it already.
fn report(error: &anyhow::Error) -> ExitCode {
    match error.downcast_ref::<process::Exit>() {
        Some(exit) => ExitCode::from(exit.code),
        None => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
