//! The findings: a mark, what was looked at, what was seen.

use std::fmt;

use serde::Serialize;

use crate::output::escape;

/// How it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Mark {
    /// As it should be.
    Ok,
    /// A fact.
    Note,
    /// It works, and could be better.
    Warning,
    /// It does not work.
    Wrong,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    mark: Mark,
    what: &'static str,
    seen: String,
}

/// Everything that was looked at, in order.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    well: bool,
    findings: Vec<Finding>,
}

impl Report {
    pub(super) fn new() -> Self {
        Self {
            well: true,
            findings: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, mark: Mark, what: &'static str, seen: impl Into<String>) {
        self.well &= mark != Mark::Wrong;
        self.findings.push(Finding {
            mark,
            what,
            seen: seen.into(),
        });
    }

    /// Tells whether nothing is wrong.
    pub(super) fn is_well(&self) -> bool {
        self.well
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Finding { mark, what, seen } in &self.findings {
            let mark = match mark {
                Mark::Ok => "ok",
                Mark::Note => "",
                Mark::Warning => "warning",
                Mark::Wrong => "WRONG",
            };
            writeln!(f, "{mark:<7}  {what:<9}  {}", escape(seen))?;
        }
        let verdict = if self.well {
            "nothing is wrong"
        } else {
            "something is wrong"
        };
        writeln!(f, "{verdict}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_is_nothing_wrong() {
        let mut report = Report::new();
        report.add(Mark::Warning, "file", "mode 0644");
        assert!(report.is_well());
        report.add(Mark::Wrong, "file", "gone");
        report.add(Mark::Ok, "key", "there");
        assert!(!report.is_well());
    }
}
