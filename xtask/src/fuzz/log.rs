//! What libFuzzer has printed, and what that comes to.

use std::path::PathBuf;
use std::time::Duration;

use super::TEST;

/// What came of one target.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Outcome {
    pub(super) target: String,
    pub(super) executions: u64,
    pub(super) took: Duration,
    /// Edges of the program that some input has reached.
    pub(super) edges: u64,
    /// Edges with how often they were passed.
    pub(super) features: u64,
    /// Inputs that reach more than all others.
    pub(super) inputs: u64,
    pub(super) violation: Option<Violation>,
}

/// An input that violates the property, or at which the program has died.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Violation {
    pub(super) what: String,
    /// Where the input is; none if the program died without saving it.
    pub(super) input: Option<PathBuf>,
}

impl Outcome {
    /// Reads the log of a target that has ended.
    pub(super) fn read(target: &str, log: &str, took: Duration, succeeded: bool) -> Self {
        let mut outcome = Self {
            target: target.to_owned(),
            took,
            ..Self::default()
        };
        for line in log.lines() {
            outcome.status(line);
        }
        if let Some(executions) = number_behind(log, "stat::number_of_executed_units:") {
            outcome.executions = executions;
        }
        if !succeeded {
            outcome.violation = Some(Violation {
                what: what(log),
                input: behind(log, "Test unit written to").map(PathBuf::from),
            });
        }
        outcome
    }

    /// Reads `#1024  pulse  cov: 12 ft: 34 corp: 5/67b ..`.
    fn status(&mut self, line: &str) {
        let Some(executions) = line.strip_prefix('#').and_then(first_number) else {
            return;
        };
        self.executions = self.executions.max(executions);
        for (field, name) in [
            (&mut self.edges, "cov:"),
            (&mut self.features, "ft:"),
            (&mut self.inputs, "corp:"),
        ] {
            if let Some(number) = number_behind(line, name) {
                *field = number;
            }
        }
    }

    pub(super) fn violations(&self) -> usize {
        usize::from(self.violation.is_some())
    }

    pub(super) fn executions_per_second(&self) -> u64 {
        self.executions / self.took.as_secs().max(1)
    }

    /// A row of the summary, in the columns of the programme.
    pub(super) fn row(&self) -> String {
        format!(
            "{TEST:>2}  {:<24} {:>8} {:>6} s {:>10}  {} edges, {} features, {} inputs kept, {} a second",
            format!("fuzz {}", self.target),
            self.executions,
            self.took.as_secs(),
            self.violations(),
            self.edges,
            self.features,
            self.inputs,
            self.executions_per_second(),
        )
    }
}

/// The head of the summary, as the programme prints it.
pub(super) fn head() -> String {
    format!(
        "{:>2}  {:<24} {:>8} {:>8} {:>10}  counted",
        "#", "test", "cases", "time", "violations"
    )
}

/// What went wrong: the last panic, else what the sanitizer says.
fn what(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    let panic = lines.iter().rposition(|line| line.contains("panicked at "));
    let panic = panic.map(|at| {
        let message = lines[at..].iter().skip(1).take(1).copied();
        let place = lines[at].split("panicked at ").nth(1).unwrap_or_default();
        std::iter::once(place)
            .chain(message)
            .collect::<Vec<_>>()
            .join(" ")
    });
    let sanitizer = || behind(log, "SUMMARY:").map(str::to_owned);
    let ended = || "the program has ended before its time".to_owned();
    panic.or_else(sanitizer).unwrap_or_else(ended)
}

/// The rest of the last line that has the text in it.
fn behind<'l>(log: &'l str, text: &str) -> Option<&'l str> {
    let line = log.lines().rev().find(|line| line.contains(text))?;
    line.split_once(text).map(|(_, rest)| rest.trim())
}

fn number_behind(log: &str, text: &str) -> Option<u64> {
    behind(log, text).and_then(first_number)
}

fn first_number(text: &str) -> Option<u64> {
    let digits = text.trim_start();
    let end = digits.find(|c: char| !c.is_ascii_digit());
    digits[..end.unwrap_or(digits.len())].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: Duration = Duration::from_secs(60);

    const SOUND: &str = "INFO: Seed: 7\n#2\tINITED cov: 12 ft: 13 corp: 1/1b exec/s: 0 rss: 40Mb\n\
        #600\tNEW    cov: 120 ft: 300 corp: 25/1004b lim: 4 exec/s: 10 rss: 41Mb L: 3/4 MS: 1\n\
        #900\tDONE   cov: 121 ft: 301 corp: 26/1Kb lim: 4 exec/s: 15 rss: 41Mb\n\
        Done 900 runs in 60 second(s)\nstat::number_of_executed_units: 900\n";

    #[test]
    fn the_last_status_counts() {
        let outcome = Outcome::read("pages", SOUND, TIME, true);
        let expected = Outcome {
            target: "pages".to_owned(),
            executions: 900,
            took: TIME,
            edges: 121,
            features: 301,
            inputs: 26,
            violation: None,
        };
        assert_eq!(outcome, expected);
        assert_eq!(
            outcome.row(),
            "11  fuzz pages                    900     60 s          0  \
             121 edges, 301 features, 26 inputs kept, 15 a second"
        );
    }

    #[test]
    fn a_panic_is_told_with_its_input() {
        let log = "#5\tNEW cov: 1 ft: 1 corp: 1/1b\nthread '<unnamed>' panicked at a/b.rs:7:9:\n\
            not so\n==1== ERROR: libFuzzer: deadly signal\nSUMMARY: libFuzzer: deadly signal\n\
            artifact_prefix='/t/'; Test unit written to /t/crash-ab\n";
        let violation = Outcome::read("pages", log, TIME, false).violation;
        let expected = Violation {
            what: "a/b.rs:7:9: not so".to_owned(),
            input: Some("/t/crash-ab".into()),
        };
        assert_eq!(violation, Some(expected));
    }

    #[test]
    fn a_finding_of_the_sanitizer_is_told_as_it_says_it() {
        let log = "SUMMARY: AddressSanitizer: heap-buffer-overflow x.c:1 in f\n";
        assert_eq!(
            what(log),
            "AddressSanitizer: heap-buffer-overflow x.c:1 in f"
        );
        assert_eq!(what(""), "the program has ended before its time");
    }
}
