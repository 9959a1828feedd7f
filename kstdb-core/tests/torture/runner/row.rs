//! One test of a run: its cases batch by batch, and how far it is.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::batch::{self, End};
use super::lines::Lines;
use super::outcome::Outcome;
use super::{Scale, Test, summary};

/// Cases between two looks at the clock.
const BATCH_CASES: usize = 250;

/// A test that has shown so many violations has shown enough.
const ENOUGH_VIOLATIONS: usize = 20;

/// A test in the middle of a run.
#[derive(Debug)]
pub(super) struct Row {
    test: &'static Test,
    left: VecDeque<u64>,
    pub(super) outcome: Outcome,
    took: Duration,
    /// All cases of the test are wanted.
    whole: bool,
    pub(super) hangs: bool,
    /// Its line is printed, and its floors are checked.
    pub(super) told: bool,
}

impl Row {
    /// Makes the plan, and takes in what an earlier run has done of it.
    pub(super) fn new(
        test: &'static Test,
        scale: &Scale,
        cases: Option<usize>,
        lines: &mut Lines,
    ) -> anyhow::Result<Self> {
        let began = Instant::now();
        let plan =
            (test.plan)(scale).with_context(|| format!("test {} has no plan", test.number))?;
        let count = cases.unwrap_or(plan.len()).min(plan.len());
        let mut outcome = Outcome::default();
        let mut left = VecDeque::new();
        for seed in &plan[..count] {
            match lines.done(test.number, *seed) {
                Some(done) => outcome.add_earlier(&done),
                None => left.push_back(*seed),
            }
        }
        Ok(Self {
            test,
            left,
            outcome,
            took: began.elapsed(),
            whole: count == plan.len(),
            hangs: false,
            told: false,
        })
    }

    /// Tells whether there is nothing more to run.
    pub(super) fn is_over(&self) -> bool {
        self.left.is_empty() || self.hangs || self.outcome.violations >= ENOUGH_VIOLATIONS
    }

    /// Runs the next batch.
    pub(super) fn batch(&mut self, lines: &mut Lines) -> anyhow::Result<()> {
        let began = Instant::now();
        let count = BATCH_CASES.min(self.left.len());
        let seeds = self.left.drain(..count).collect();
        let (number, outcome) = (self.test.number, &mut self.outcome);
        let end = batch::run(self.test, seeds, |case| {
            lines.case(number, &case)?;
            if let Err(what) = &case.done {
                let seed = case.seed;
                eprintln!("VIOLATION --only {number} --seed {seed:#x}: {what}");
            }
            outcome.add(&case);
            Ok(())
        })?;
        self.hangs = end == End::Hangs;
        self.took += began.elapsed();
        Ok(())
    }

    /// Holds what was counted against the floors, if everything was run, and tells what came of it.
    pub(super) fn finish(&mut self, lines: &mut Lines) -> anyhow::Result<()> {
        self.told = true;
        let number = self.test.number;
        if self.whole && self.left.is_empty() && !self.hangs {
            for what in self.outcome.below_the_floors(self.test) {
                lines.below_a_floor(number, &what)?;
                eprintln!("VIOLATION --only {number}: {what}");
                self.outcome.violations += 1;
            }
        }
        eprintln!("{self}");
        Ok(())
    }
}

impl std::fmt::Display for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&summary::row(self.test, &self.outcome, self.took))
    }
}
