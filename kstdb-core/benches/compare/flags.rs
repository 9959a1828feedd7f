//! The command line, which `cargo xtask bench` repeats.

use std::path::PathBuf;

use clap::Parser;

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

    /// Small sizes and few rounds: shows that everything runs, not how fast it is
    #[arg(long, conflicts_with = "long")]
    pub(crate) quick: bool,

    /// Run the mixed load for ten seconds a round
    #[arg(long)]
    pub(crate) long: bool,

    /// Measure only these rows
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(crate) rows: Vec<String>,

    /// Where the databases are put while they are measured
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,

    /// Stream this file once and print the peak of memory: a process of its own
    #[arg(long, value_name = "FILE", hide = true)]
    pub(crate) stream_peak: Option<PathBuf>,

    /// Passed by cargo bench
    #[arg(long, hide = true)]
    bench: bool,
}

impl Flags {
    /// Tells whether a row is to be measured.
    pub(crate) fn wants(&self, id: &str) -> bool {
        self.rows.is_empty() || self.rows.iter().any(|wanted| wanted == id)
    }
}
