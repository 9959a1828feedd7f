//! The lines of `--json`, and what an earlier run has left there; the table at the end.

use std::collections::{BTreeMap, HashMap};
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};

use super::batch::Outcome;
use super::{Level, Tally, Test};

/// Where lines go, and which batches need not be run again.
#[derive(Debug, Default)]
pub(super) struct Lines {
    file: Option<File>,
    done: HashMap<(u32, u64), Outcome>,
    seed: Option<u64>,
}

impl Lines {
    /// Opens the file. A long run goes on with the batches and the seed that it finds there; any
    /// other begins anew.
    pub(super) fn open(path: Option<&Path>, level: Level) -> anyhow::Result<Self> {
        let Some(path) = path else {
            return Ok(Self::default());
        };
        let mut lines = Self::default();
        if level == Level::Long {
            lines.read(path);
        }
        let resumes = lines.seed.is_some();
        let mut options = OpenOptions::new();
        options
            .create(true)
            .write(true)
            .append(resumes)
            .truncate(!resumes);
        let file = options.open(path);
        lines.file = Some(file.with_context(|| format!("cannot write {}", path.display()))?);
        Ok(lines)
    }

    /// Reads what an interrupted run has done; a line that it could not finish is none.
    fn read(&mut self, path: &Path) {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        for line in text.lines() {
            let line: Value = serde_json::from_str(line).unwrap_or_default();
            if line["level"] == Level::Long.name() {
                self.seed = line["seed"].as_u64();
            }
            if let Some((test, batch)) = line["test"].as_u64().zip(line["batch"].as_u64())
                && line["violations"] == 0
            {
                let test = u32::try_from(test).unwrap_or(0);
                self.done.insert((test, batch), outcome(&line));
            }
        }
    }

    /// The seed of the run that is continued.
    pub(super) fn seed(&self) -> Option<u64> {
        self.seed
    }

    /// What came of a batch that need not be run again.
    pub(super) fn done(&mut self, test: u32, batch: u64) -> Option<Outcome> {
        self.done.remove(&(test, batch))
    }

    pub(super) fn run(&mut self, level: Level, seed: u64) -> anyhow::Result<()> {
        let library = kstdb_core::cipher::library();
        self.line(&json!({
            "level": level.name(),
            "seed": seed,
            "sqlite": library.sqlite_version,
            "sqlcipher": library.cipher_version,
        }))
    }

    pub(super) fn batch(
        &mut self,
        test: u32,
        batch: u64,
        outcome: &Outcome,
        took: Duration,
    ) -> anyhow::Result<()> {
        for violation in &outcome.violations {
            let (seed, what) = (format!("{:#x}", violation.seed), &violation.what);
            self.line(&json!({"test": test, "seed": seed, "violation": what}))?;
        }
        self.line(&json!({
            "test": test,
            "batch": batch,
            "cases": outcome.cases,
            "violations": outcome.violations.len(),
            "seconds": took.as_secs_f64(),
            "counts": outcome.tally.0,
        }))
    }

    fn line(&mut self, line: &Value) -> anyhow::Result<()> {
        if let Some(file) = &mut self.file {
            writeln!(file, "{line}").context("cannot write a line")?;
        }
        Ok(())
    }
}

/// What a line says of a batch without violations.
fn outcome(line: &Value) -> Outcome {
    let counts = line["counts"].as_object().into_iter().flatten();
    let counts = counts.map(|(what, count)| (what.clone(), count.as_u64().unwrap_or(0)));
    Outcome {
        cases: line["cases"]
            .as_u64()
            .and_then(|cases| cases.try_into().ok())
            .unwrap_or(0),
        tally: Tally(counts.collect::<BTreeMap<_, _>>()),
        ..Outcome::default()
    }
}

/// A row of the summary.
pub(super) fn row(test: &Test, outcome: &Outcome, took: Duration) -> String {
    let counts = outcome.tally.0.iter();
    let counts: Vec<String> = counts
        .map(|(what, count)| format!("{count} {what}"))
        .collect();
    format!(
        "{:>2}  {:<24} {:>8} {:>6} s {:>10}  {}",
        test.number,
        test.name,
        outcome.cases,
        took.as_secs(),
        outcome.violations.len(),
        counts.join(", ")
    )
}

/// The head of the summary.
pub(super) fn head() -> String {
    format!(
        "{:>2}  {:<24} {:>8} {:>8} {:>10}  counted",
        "#", "test", "cases", "time", "violations"
    )
}
