//! The whole command line of xtask.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand};

use crate::sqlcipher::{Format, Provider};

/// Tasks of the kstdb workspace.
///
/// Every task that runs cargo links the SQLCipher 4.20 that `cargo xtask sqlcipher` builds, and has
/// a target directory of its own: plain `cargo build` (bundled SQLCipher 4.10) and xtask never
/// rebuild each other's work.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
pub(crate) struct Xtask {
    /// The cryptography below SQLCipher
    #[arg(long, global = true, value_enum, default_value_t = Provider::Openssl)]
    pub(crate) provider: Provider,

    #[command(subcommand)]
    pub(crate) task: Task,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Task {
    Sqlcipher(Sqlcipher),
    Build(Build),
    Test(Test),
    Bench(Bench),
    Torture(Torture),
    Demo(Demo),
    Ci(Ci),
    Doctor(Doctor),
    Db(Db),
    Interop(Interop),
    MacroCost(MacroCost),
    SopsCheck(SopsCheck),
    Tidy(Tidy),
}

/// Build SQLCipher 4.20 once and print the variables that make cargo link it
///
/// Progress goes to stderr, the variables to stdout: `eval "$(cargo xtask sqlcipher)"`.
#[derive(Debug, Args)]
pub(crate) struct Sqlcipher {
    /// For whom the variables are printed
    #[arg(long, value_enum, default_value_t = Format::Sh)]
    pub(crate) format: Format,

    /// Build again although nothing has changed
    #[arg(long)]
    pub(crate) force: bool,
}

/// Build the workspace: `cargo build --workspace` unless the arguments name a package
#[derive(Debug, Args)]
pub(crate) struct Build {
    /// Arguments for cargo build
    #[arg(last = true, value_name = "CARGO ARGS")]
    pub(crate) args: Vec<OsString>,
}

/// Run the whole test suite: `cargo test --workspace` unless the arguments name a package
#[derive(Debug, Args)]
pub(crate) struct Test {
    /// Test against the bundled SQLCipher 4.10, in cargo's ordinary target directory
    #[arg(long)]
    pub(crate) bundled: bool,

    /// Arguments for cargo test
    #[arg(last = true, value_name = "CARGO ARGS")]
    pub(crate) args: Vec<OsString>,
}

/// Compare kstdb with sqlx, rusqlite and the C API, in one process, round by round
#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// Write the figures as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,

    /// Write the chart
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,

    /// Measure how cost grows with tasks, rows and sizes, and write the page of curves
    #[arg(long, value_name = "FILE")]
    pub(crate) curves: Option<PathBuf>,

    /// Measure kstlib, too, with this Python
    #[arg(long, value_name = "PYTHON")]
    pub(crate) kstlib: Option<PathBuf>,

    /// The sops program to measure beside [default: `sops` in PATH, if it is there; with --record installed from PyPI]
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) sops: Option<PathBuf>,

    /// Measure everything, and put it in the place of the chart, the curves and the figures that are kept
    #[arg(long, conflicts_with_all = ["quick", "rows"])]
    pub(crate) record: bool,

    /// Where the databases are put while they are measured
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,

    /// Small sizes and few rounds: shows that everything runs, not how fast it is
    #[arg(long)]
    pub(crate) quick: bool,

    /// Measure only these rows
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(crate) rows: Vec<String>,
}

/// Break everything below the database and check what must hold: crashes, power cuts, failing disks
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").args(["ci", "long", "seed", "input", "mutants"]).required(true).multiple(true))]
pub(crate) struct Torture {
    /// Run on the bundled SQLCipher 4.10, in cargo's ordinary target directory
    #[arg(long)]
    pub(crate) bundled: bool,

    /// Every test, in a few minutes
    #[arg(long, conflicts_with = "long")]
    pub(crate) ci: bool,

    /// Every test, for two hours; goes on where an earlier run with the same `--json` ended
    #[arg(long)]
    pub(crate) long: bool,

    /// Take each guard away in turn and run the tests that must fail then; with --only the guards of
    /// these tests of the programme
    #[arg(long, conflicts_with_all = ["ci", "long", "seed", "skip", "cases", "minutes", "json", "input"])]
    pub(crate) mutants: bool,

    /// Only these tests, by their numbers
    #[arg(long, value_name = "N", value_delimiter = ',')]
    pub(crate) only: Vec<u32>,

    /// With --ci or --long: where all cases begin. Without: the one case of --only to replay
    #[arg(long, value_name = "SEED")]
    pub(crate) seed: Option<String>,

    /// Without these rows of the summary, by their names
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) skip: Vec<String>,

    /// The one input of test 11 to replay; its folder is named after the fuzz target
    #[arg(long, value_name = "FILE", conflicts_with_all = ["ci", "long", "seed", "cases", "minutes", "skip", "json", "bundled"])]
    pub(crate) input: Option<PathBuf>,

    /// At most so many cases of each test
    #[arg(long, value_name = "N")]
    pub(crate) cases: Option<usize>,

    /// Begin no more cases after so long; 120 with --long
    #[arg(long, value_name = "MINUTES")]
    pub(crate) minutes: Option<u64>,

    /// Write a line for each case
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
}

/// Create, use and attack an encrypted database, step by step
#[derive(Debug, Args)]
pub(crate) struct Demo {}

/// Run every check that `.ci/run` runs, the test suite last
#[derive(Debug, Args)]
pub(crate) struct Ci {
    /// Leave out what takes minutes: each feature alone, torture, the suite on the bundled SQLCipher,
    /// interop, sops-check
    #[arg(long)]
    pub(crate) fast: bool,
}

/// Check this machine, then run `kstdb doctor` on the SQLCipher that it can build
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Doctor {
    /// Arguments for kstdb doctor
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) args: Vec<OsString>,
}

/// Run the `kstdb` program: everything that follows is passed to it unchanged
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Db {
    /// Arguments for kstdb
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) args: Vec<OsString>,
}

/// Prove that Python's kstlib reads what kstdb writes
#[derive(Debug, Args)]
pub(crate) struct Interop {
    /// A Python that has kstlib, aiosqlite and sqlcipher3; without it, a virtual environment is made
    #[arg(long)]
    pub(crate) python: Option<PathBuf>,
}

/// Measure what 200 checked queries add to the compilation of a crate
///
/// Compiles the same crate with checked and with unchecked queries, by turns and without anything kept
/// from the build before, and prints the medians.
#[derive(Debug, Args)]
pub(crate) struct MacroCost {
    /// How often each of the two is compiled
    #[arg(long, default_value_t = 5)]
    pub(crate) rounds: usize,

    /// Fail if the difference is more than this many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0)]
    pub(crate) limit: f64,
}

/// Have the real sops encrypt random files, and read them with kstdb and with sops
///
/// Prints how many answers agree, for each format. A file that sops refuses and kstdb reads fails
/// the check.
#[derive(Debug, Args)]
pub(crate) struct SopsCheck {
    /// How many files of each format are compared
    #[arg(long, default_value_t = 200)]
    pub(crate) files: usize,

    /// The sops to compare with; without it, one is installed from PyPI
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) sops: Option<PathBuf>,
}

/// Check the house rules that no other tool checks: sizes, headers, names, versions
#[derive(Debug, Args)]
pub(crate) struct Tidy {}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn command_line_is_consistent() {
        Xtask::command().debug_assert();
    }

    #[test]
    fn provider_is_taken_before_and_after_the_task() -> Result<(), clap::Error> {
        for line in [
            ["x", "--provider", "libtomcrypt", "test"],
            ["x", "test", "--provider", "libtomcrypt"],
        ] {
            assert_eq!(Xtask::try_parse_from(line)?.provider, Provider::Libtomcrypt);
        }
        Ok(())
    }

    #[test]
    fn db_passes_everything_on_unchanged() -> Result<(), clap::Error> {
        let line = [
            "x",
            "db",
            "--key-env",
            "KEY",
            "exec",
            "a.db",
            "--json",
            "--help",
            "--",
            "-x",
        ];
        let Task::Db(db) = Xtask::try_parse_from(line)?.task else {
            return Err(clap::Error::new(clap::error::ErrorKind::InvalidSubcommand));
        };
        assert_eq!(db.args, line[2..]);
        Ok(())
    }
}
