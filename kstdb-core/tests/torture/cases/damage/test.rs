//! The row of the programme, and a case by its target.

use std::time::Duration;

use anyhow::Context as _;

use super::plan::{Case, Target};
use super::{database, plan, wal};
use crate::runner::{Tally, Test};
use crate::support::on_runtime;

pub(crate) const TEST: Test = Test {
    number: 4,
    name: "damaged files",
    plan: plan::plan,
    run,
    side_by_side: 2,
    limit: Duration::from_secs(60),
    floors: &[
        ("right answers", 20_000),
        ("refused answers", 2_000),
        ("verify: pages named", 600),
        ("verify: too short", 50),
        ("verify: frames named", 800),
    ],
};

fn run(seed: u64) -> anyhow::Result<Tally> {
    let case = Case::of(seed);
    let checked = on_runtime(async {
        match case.target {
            Target::Database => database::check(case).await,
            Target::Wal => wal::check(case).await,
        }
    });
    checked.with_context(|| format!("{case:?}"))
}
