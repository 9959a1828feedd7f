//! A whole run: every test that is wanted, and the summary.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};

use super::lines::Lines;
use super::origin::Origin;
use super::outcome::Outcome;
use super::row::Row;
use super::{Level, Scale, Test, batch, panics, summary};
use crate::flags::Flags;

/// What a run ends with that had no time for the rest: neither good nor bad.
const UNFINISHED: u8 = 2;

/// How long a long run takes at most, in minutes.
const LONG_MINUTES: u64 = 120;

/// Runs what the flags ask for. The code is not zero if anything was violated.
pub(crate) fn run(flags: &Flags, tests: &'static [Test]) -> anyhow::Result<ExitCode> {
    panics::collect();
    let wanted = |test: &&Test| {
        (flags.only.is_empty() || flags.only.contains(&test.number))
            && !flags.skip.iter().any(|name| name == test.name)
    };
    let tests: Vec<&'static Test> = tests.iter().filter(wanted).collect();
    ensure!(!tests.is_empty(), "no test has such a number");
    if let Some(seed) = flags.seed
        && !flags.ci
        && !flags.long
    {
        return replay(&tests, seed);
    }
    let level = if flags.long { Level::Long } else { Level::Ci };
    let origin = Origin::here();
    let mut lines = Lines::open(flags.json.as_deref(), level, &origin)?;
    let seed = lines.seed().or(flags.seed);
    let scale = Scale {
        level,
        seed: seed.unwrap_or_else(|| fastrand::u64(..)),
    };
    eprintln!("seed {:#x}", scale.seed);
    lines.head(level, scale.seed, &origin)?;
    let minutes = flags.minutes.or(flags.long.then_some(LONG_MINUTES));
    let end = minutes.map(|minutes| Instant::now() + Duration::from_secs(minutes * 60));
    let mut rows = Vec::new();
    for test in tests {
        rows.push(Row::new(test, &scale, flags.cases, &mut lines)?);
    }
    let finished = batches(&mut rows, level, end, &mut lines)?;
    println!("{}", summary::head());
    for row in &rows {
        println!("{row}");
    }
    Ok(verdict(&rows, finished))
}

/// Runs the batches of all tests: one test after the other, or in a long run all of them in turn, so
/// that each has its part of the time. Says whether there was time for everything.
fn batches(
    rows: &mut [Row],
    level: Level,
    end: Option<Instant>,
    lines: &mut Lines,
) -> anyhow::Result<bool> {
    let is_time = || end.is_some_and(|end| Instant::now() >= end);
    loop {
        for row in rows.iter_mut() {
            let mut begun = false;
            while !row.is_over() && !is_time() && (!begun || level == Level::Ci) {
                row.batch(lines)?;
                begun = true;
            }
            if row.is_over() && !row.told {
                row.finish(lines)?;
            }
            if row.hangs {
                return Ok(true);
            }
        }
        if rows.iter().all(Row::is_over) {
            return Ok(true);
        }
        if is_time() {
            return Ok(false);
        }
    }
}

fn verdict(rows: &[Row], finished: bool) -> ExitCode {
    if rows.iter().any(|row| row.hangs) {
        println!("stopped: a case hangs");
    }
    if !finished {
        println!("unfinished: run it again, and it goes on");
    }
    let violations: usize = rows.iter().map(|row| row.outcome.violations).sum();
    match (violations, finished) {
        (0, true) => ExitCode::SUCCESS,
        (0, false) => ExitCode::from(UNFINISHED),
        _ => ExitCode::FAILURE,
    }
}

/// Runs one case again.
fn replay(tests: &[&'static Test], seed: u64) -> anyhow::Result<ExitCode> {
    let [test, others @ ..] = tests else {
        bail!("no test has such a number");
    };
    // Rows of one test run each other's cases.
    let one = others.iter().all(|other| other.number == test.number);
    ensure!(one, "a case is replayed with --only and its --seed");
    let mut outcome = Outcome::default();
    let mut took = Duration::ZERO;
    batch::run(test, vec![seed], |case| {
        if let Err(what) = &case.done {
            println!("VIOLATION {seed:#x}: {what}");
        }
        took = case.took;
        outcome.add(&case);
        Ok(())
    })?;
    println!(
        "{}\n{}",
        summary::head(),
        summary::row(test, &outcome, took)
    );
    Ok(if outcome.violations == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
