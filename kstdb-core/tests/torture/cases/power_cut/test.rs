//! The row of the programme, and a case from its history to its recoveries.

use std::time::Duration;

use super::{history, recovery};
use crate::runner::{Scale, Tally, Test};
use crate::support::on_runtime;

pub(crate) const TEST: Test = Test {
    number: 2,
    name: "power cut",
    plan,
    run,
    side_by_side: 2,
    limit: Duration::from_secs(120),
    floors: &[
        ("cuts", 5_000),
        ("cuts of a recovery", 500),
        ("cuts while it was created", 100),
    ],
};

/// A history has 25 cuts or so.
fn plan(scale: &Scale) -> anyhow::Result<Vec<u64>> {
    Ok(scale.seeds(TEST.number, scale.choose(220, 22_000)))
}

/// Writes a history with cuts in it, then looks at what each cut left.
fn run(seed: u64) -> anyhow::Result<Tally> {
    on_runtime(async {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut tally = Tally::default();
        let history = history::run(&mut rng).await?;
        for cut in &history.cuts {
            recovery::check(cut, history.creates, &mut rng, &mut tally).await?;
        }
        Ok(tally)
    })
}
