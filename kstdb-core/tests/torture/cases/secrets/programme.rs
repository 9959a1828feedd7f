//! This programme again, with every crate's log: what the errors and the logs of other tests tell.

use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};

use crate::runner::Tally;
use crate::support::canary;

/// The tests whose logs are searched, with so many of their cases.
pub(super) const TESTS: [(u32, usize); 4] = [(1, 3), (2, 4), (3, 40), (4, 40)];

/// Runs some cases of a test and searches all that is said about it.
pub(super) fn logs(test: u32, cases: usize, seed: u64) -> anyhow::Result<Tally> {
    let program = std::env::current_exe()?;
    let ran = Command::new(program)
        .args(["--trace", "--ci", "--only", &test.to_string()])
        .args(["--cases", &cases.to_string(), "--seed", &seed.to_string()])
        .stdin(Stdio::null())
        .output()
        .context("cannot start the programme")?;
    let (stdout, stderr) = (
        String::from_utf8_lossy(&ran.stdout),
        String::from_utf8_lossy(&ran.stderr),
    );
    let end: String = stdout.lines().map(|line| format!("\n{line}")).collect();
    ensure!(
        ran.status.success(),
        "test {test} ends with {}{end}",
        ran.status
    );
    for text in [&stdout, &stderr] {
        canary::clean(text).with_context(|| format!("in the logs of test {test}"))?;
    }
    // The log is there: a database was opened, and that was logged.
    ensure!(stderr.contains("database connected"), "nothing was logged");
    let mut tally = Tally::one("logs of other tests");
    tally.add("lines of logs", u64::try_from(stderr.lines().count())?);
    Ok(tally)
}
