//! What came of the cases of a test so far.

use super::batch::Case;
use super::{Tally, Test};

/// Counted cases, those of an earlier run included.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) cases: usize,
    /// How many of them an earlier run has done.
    pub(super) earlier: usize,
    pub(super) violations: usize,
    pub(super) tally: Tally,
}

impl Outcome {
    pub(super) fn add(&mut self, case: &Case) {
        self.cases += 1;
        match &case.done {
            Ok(tally) => self.tally.merge(tally),
            Err(_) => self.violations += 1,
        }
    }

    pub(super) fn add_earlier(&mut self, case: &Case) {
        self.earlier += 1;
        self.add(case);
    }

    /// What a whole run of the test should have counted and has not.
    pub(super) fn below_the_floors(&self, test: &Test) -> Vec<String> {
        let floors = test.floors.iter();
        floors
            .filter(|(what, least)| self.tally.count(what) < *least)
            .map(|(what, least)| {
                let count = self.tally.count(what);
                format!("{count} {what}, and at least {least} belong to the test")
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const TEST: Test = Test {
        number: 1,
        name: "a test",
        plan: |_| Ok(Vec::new()),
        run: |_| Ok(Tally::default()),
        side_by_side: 1,
        limit: Duration::from_secs(1),
        floors: &[("cuts", 2)],
    };

    #[test]
    fn what_was_never_tried_shows() {
        let case = |seed| Case {
            seed,
            took: Duration::ZERO,
            done: Ok(Tally::one("cuts")),
        };
        let mut outcome = Outcome::default();
        outcome.add(&case(1));
        let said = outcome.below_the_floors(&TEST);
        assert_eq!(said, ["1 cuts, and at least 2 belong to the test"]);
        outcome.add_earlier(&case(2));
        assert!(outcome.below_the_floors(&TEST).is_empty());
        assert_eq!((outcome.cases, outcome.earlier), (2, 1));
    }
}
