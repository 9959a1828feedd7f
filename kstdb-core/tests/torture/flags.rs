//! The command line, which `cargo xtask torture` repeats.

use std::path::PathBuf;

use clap::{ArgGroup, Parser};

use crate::cases::Role;

/// Breaks everything below the database, and checks what must hold.
#[derive(Debug, Parser)]
#[command(group = ArgGroup::new("what").args(["ci", "long", "seed", "child"]).required(true).multiple(true))]
pub(crate) struct Flags {
    /// Every test, in a few minutes
    #[arg(long, conflicts_with = "long")]
    pub(crate) ci: bool,

    /// Every test, for two hours; goes on where an earlier run with the same `--json` ended
    #[arg(long)]
    pub(crate) long: bool,

    /// Only these tests, by their numbers
    #[arg(long, value_name = "N", value_delimiter = ',')]
    pub(crate) only: Vec<u32>,

    /// Without these rows, by their names
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) skip: Vec<String>,

    /// With `--ci` or `--long`: where all cases begin. Without: the one case of `--only` to replay
    #[arg(long, value_name = "SEED", value_parser = seed)]
    pub(crate) seed: Option<u64>,

    /// At most so many cases of each test
    #[arg(long, value_name = "N")]
    pub(crate) cases: Option<usize>,

    /// Begin no more cases after so long; 120 with `--long`
    #[arg(long, value_name = "MINUTES")]
    pub(crate) minutes: Option<u64>,

    /// Write a line for each case
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,

    /// Log everything to stderr
    #[arg(long, hide = true)]
    pub(crate) trace: bool,

    /// What a child process of a test does
    #[arg(long, hide = true)]
    pub(crate) child: Option<Role>,

    /// A secret that a control has on its command line
    #[arg(long, hide = true)]
    pub(crate) planted: Option<String>,

    /// The database of a child process
    #[arg(long, hide = true)]
    pub(crate) database: Option<PathBuf>,
}

/// A number as it is printed, or in decimal.
fn seed(text: &str) -> Result<u64, std::num::ParseIntError> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    }
}
