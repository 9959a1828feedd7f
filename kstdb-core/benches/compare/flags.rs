//! The command line, which `cargo xtask bench` repeats.

use std::path::{Path, PathBuf};

use clap::Parser;

use crate::profile;

/// Compares kstdb with sqlx, rusqlite and the C API.
#[derive(Debug, Parser)]
pub(crate) struct Flags {
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

    /// The sops program to measure beside [default: `sops` in PATH, if it is there]
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) sops: Option<PathBuf>,

    /// Put what is measured in the place of the chart, the curves and the figures that are kept:
    /// xtask has it of whole runs only
    #[arg(long)]
    pub(crate) record: bool,

    /// Small sizes and few rounds: shows that everything runs, not how fast it is
    #[arg(long)]
    pub(crate) quick: bool,

    /// Measure only these rows
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(crate) rows: Vec<String>,

    /// Where the databases are put while they are measured
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,

    /// Stream this file once and print the peak of memory: a process of its own
    #[arg(long, value_name = "FILE", hide = true)]
    pub(crate) stream_peak: Option<PathBuf>,

    /// Do nothing but one peer's part of a row, for a profiler
    #[arg(long, value_name = "ROW")]
    pub(crate) profile: Option<profile::Work>,

    /// Whose part
    #[arg(
        long,
        value_name = "PEER",
        default_value = "kstdb",
        requires = "profile"
    )]
    pub(crate) peer: profile::Peer,

    /// How many times
    #[arg(long, value_name = "COUNT", default_value_t = 10, requires = "profile")]
    pub(crate) times: u32,

    /// Passed by cargo bench
    #[arg(long, hide = true)]
    bench: bool,
}

impl Flags {
    /// Where the chart is to be written.
    pub(crate) fn chart(&self) -> Option<PathBuf> {
        let kept = self.record.then(|| kept("bench.svg"));
        self.svg.clone().or(kept)
    }

    /// Where the page of curves is to be written.
    pub(crate) fn page(&self) -> Option<PathBuf> {
        let kept = self.record.then(|| kept("curves.svg"));
        self.curves.clone().or(kept)
    }

    /// Where figures and verdicts are to be written.
    pub(crate) fn readme(&self) -> Option<PathBuf> {
        self.record.then(|| kept("README.md"))
    }

    /// Tells whether a row is to be measured.
    pub(crate) fn wants(&self, id: &str) -> bool {
        self.rows.is_empty() || self.rows.iter().any(|wanted| wanted == id)
    }
}

/// A file that is kept beside the benchmarks.
fn kept(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("benches")
        .join(name)
}
