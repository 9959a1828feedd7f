//! The row of the programme.

use std::time::Duration;

use super::{case, plan};
use crate::runner::Test;

pub(crate) const TEST: Test = Test {
    number: 3,
    name: "the Nth I/O fails",
    plan: plan::plan,
    run: case::run,
    side_by_side: 2,
    limit: Duration::from_secs(60),
    floors: &[
        ("struck", 6_000),
        ("typed errors", 7_500),
        ("pools that went on", 4_500),
    ],
};
