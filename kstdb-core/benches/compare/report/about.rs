//! What a run was made on: library, machine, commit, day, sizes. All of it read, nothing typed.

use std::path::Path;
use std::process::Command;

use anyhow::Context as _;
use kstdb_core::cipher;
use serde_json::{Value, json};

use crate::scale::Scale;

/// What a figure means nothing without.
#[derive(Debug)]
pub(crate) struct About {
    library: String,
    /// The model of the processor.
    machine: String,
    cores: usize,
    /// Processes that wanted to run in the minute before the first row, where the kernel says so.
    load: Option<f64>,
    commit: String,
    date: String,
    size: &'static str,
    rounds: u32,
    table_rows: i64,
    stream_rows: i64,
    curve_rows: [u32; 3],
}

impl About {
    pub(crate) fn new(scale: &Scale) -> anyhow::Result<Self> {
        let library = cipher::library();
        Ok(Self {
            library: format!(
                "SQLCipher {} on SQLite {}, {} {}",
                library.cipher_version.unwrap_or_default(),
                library.sqlite_version,
                library.cipher_provider.unwrap_or_default(),
                library.cipher_provider_version.unwrap_or_default(),
            ),
            machine: machine(),
            cores: std::thread::available_parallelism()?.get(),
            load: load(),
            commit: commit(),
            date: date()?,
            size: scale.name,
            rounds: scale.rounds,
            table_rows: scale.table_rows,
            stream_rows: scale.stream_rows,
            curve_rows: scale.curve_rows,
        })
    }

    /// Machine, commit and day, for a chart.
    pub(crate) fn caption(&self) -> String {
        let Self {
            machine,
            cores,
            commit,
            date,
            library,
            size,
            ..
        } = self;
        format!("{machine}, {cores} cores; {library}; commit {commit}, {date}; {size} size")
    }

    /// Everything, as a sentence.
    pub(crate) fn sentence(&self) -> String {
        let [.., most] = self.curve_rows;
        let load = self.load.map_or(String::new(), |load| {
            format!(", a load of {load:.1} before the first row")
        });
        format!(
            "{}; tables of {} rows, {} streamed, curves up to {most}; pool of {}; {} rounds{load}",
            self.caption(),
            self.table_rows,
            self.stream_rows,
            crate::peers::POOL,
            self.rounds,
        )
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "library": self.library,
            "machine": self.machine,
            "cores": self.cores,
            "architecture": std::env::consts::ARCH,
            "load": self.load,
            "commit": self.commit,
            "date": self.date,
            "size": self.size,
            "rounds": self.rounds,
            "pool": crate::peers::POOL,
            "table_rows": self.table_rows,
            "stream_rows": self.stream_rows,
            "curve_rows": self.curve_rows,
        })
    }
}

fn machine() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text
        .lines()
        .find_map(|line| line.strip_prefix("model name"));
    let model = model.and_then(|line| line.split_once(':'));
    model.map_or_else(
        || std::env::consts::ARCH.to_owned(),
        |(_, model)| model.trim().to_owned(),
    )
}

fn load() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    text.split_whitespace().next()?.parse().ok()
}

/// The commit, and whether files differ from it.
fn commit() -> String {
    let git = Command::new("git")
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .args(["describe", "--always", "--dirty", "--exclude=*"])
        .output();
    let said = git.ok().filter(|output| output.status.success());
    let said = said.and_then(|output| String::from_utf8(output.stdout).ok());
    said.map_or_else(|| "unknown".to_owned(), |said| said.trim().to_owned())
}

/// Today, in UTC: SQLite has a calendar.
fn date() -> anyhow::Result<String> {
    let connection = rusqlite::Connection::open_in_memory()?;
    connection
        .query_row("SELECT date('now')", (), |row| row.get(0))
        .context("no date")
}
