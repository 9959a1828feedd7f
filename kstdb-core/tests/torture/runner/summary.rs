//! The table at the end.

use std::time::Duration;

use super::Test;
use super::outcome::Outcome;

/// The head of the summary.
pub(super) fn head() -> String {
    format!(
        "{:>2}  {:<24} {:>8} {:>8} {:>10}  counted",
        "#", "test", "cases", "time", "violations"
    )
}

/// A row of the summary.
pub(super) fn row(test: &Test, outcome: &Outcome, took: Duration) -> String {
    let counts = outcome.tally.0.iter();
    let mut counts: Vec<String> = counts
        .map(|(what, count)| format!("{count} {what}"))
        .collect();
    if outcome.earlier > 0 {
        counts.push(format!("{} cases from an earlier run", outcome.earlier));
    }
    format!(
        "{:>2}  {:<24} {:>8} {:>6} s {:>10}  {}",
        test.number,
        test.name,
        outcome.cases,
        took.as_secs(),
        outcome.violations,
        counts.join(", ")
    )
}
