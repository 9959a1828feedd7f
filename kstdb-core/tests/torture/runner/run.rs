//! A whole run: every test that is wanted, batch by batch, and the summary.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};

use super::batch::{self, Outcome};
use super::report::{self, Lines};
use super::{Level, Scale, Test, panics};
use crate::flags::Flags;

/// Cases between two lines of `--json`.
const BATCH_CASES: usize = 250;

/// A test that has shown so many violations has shown enough.
const ENOUGH_VIOLATIONS: usize = 20;

/// Runs what the flags ask for. The code is not zero if anything was violated.
pub(crate) fn run(flags: &Flags, tests: &'static [Test]) -> anyhow::Result<ExitCode> {
    panics::collect();
    let wanted = |test: &&Test| flags.only.is_empty() || flags.only.contains(&test.number);
    let tests: Vec<&'static Test> = tests.iter().filter(wanted).collect();
    ensure!(!tests.is_empty(), "no test has such a number");
    if let Some(seed) = flags.seed
        && !flags.ci
        && !flags.long
    {
        return replay(&tests, seed);
    }
    let level = if flags.long { Level::Long } else { Level::Ci };
    let mut lines = Lines::open(flags.json.as_deref(), level)?;
    let seed = lines.seed().or(flags.seed);
    let scale = Scale {
        level,
        seed: seed.unwrap_or_else(|| fastrand::u64(..)),
    };
    eprintln!("seed {:#x}", scale.seed);
    lines.run(level, scale.seed)?;
    let mut rows = vec![report::head()];
    let mut violations = 0;
    for test in tests {
        let (outcome, took) = run_test(test, &scale, flags.cases, &mut lines)?;
        violations += outcome.violations.len();
        rows.push(report::row(test, &outcome, took));
        if outcome.hangs {
            rows.push("stopped: a case hangs".to_owned());
            break;
        }
    }
    println!("{}", rows.join("\n"));
    Ok(if violations == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn run_test(
    test: &'static Test,
    scale: &Scale,
    cases: Option<usize>,
    lines: &mut Lines,
) -> anyhow::Result<(Outcome, Duration)> {
    let began = Instant::now();
    let plan = (test.plan)(scale).with_context(|| format!("test {} has no plan", test.number))?;
    let count = cases.unwrap_or(plan.len()).min(plan.len());
    let mut whole = Outcome::default();
    for (number, seeds) in (0..).zip(plan[..count].chunks(BATCH_CASES)) {
        if let Some(done) = lines.done(test.number, number) {
            whole.merge(done);
            continue;
        }
        let batch_began = Instant::now();
        let outcome = batch::run(test, seeds.to_vec());
        lines.batch(test.number, number, &outcome, batch_began.elapsed())?;
        for violation in &outcome.violations {
            let (number, seed) = (test.number, violation.seed);
            eprintln!(
                "VIOLATION --only {number} --seed {seed:#x}: {}",
                violation.what
            );
        }
        whole.merge(outcome);
        if whole.hangs || whole.violations.len() >= ENOUGH_VIOLATIONS {
            break;
        }
    }
    let took = began.elapsed();
    eprintln!("{}", report::row(test, &whole, took));
    Ok((whole, took))
}

/// Runs one case again.
fn replay(tests: &[&'static Test], seed: u64) -> anyhow::Result<ExitCode> {
    let [test] = tests else {
        bail!("a case is replayed with --only and its --seed");
    };
    let outcome = batch::run(test, vec![seed]);
    for violation in &outcome.violations {
        println!("VIOLATION {seed:#x}: {}", violation.what);
    }
    println!(
        "{}\n{}",
        report::head(),
        report::row(test, &outcome, Duration::ZERO)
    );
    Ok(if outcome.violations.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
