//! The row of the programme, and a case: a history and its model.

use std::time::Duration;

use tokio::task::JoinSet;

use super::model::{self, What};
use super::tasks;
use crate::runner::{Scale, Tally, Test};
use crate::support::{builder, on_runtime, within};
use crate::vfs::Volume;

pub(crate) const TEST: Test = Test {
    number: 10,
    name: "concurrent histories",
    plan,
    run,
    side_by_side: 2,
    limit: Duration::from_secs(60),
    floors: &[],
};

const TASKS: usize = 6;
const TRANSACTIONS: usize = 12;

fn plan(scale: &Scale) -> anyhow::Result<Vec<u64>> {
    Ok(scale.seeds(10, scale.choose(1_000, 100_000)))
}

fn run(seed: u64) -> anyhow::Result<Tally> {
    let mut rng = fastrand::Rng::with_seed(seed);
    on_runtime(async {
        let dir = tempfile::tempdir()?;
        let _volume = Volume::mount(dir.path());
        let path = dir.path().join("app.db");
        let mut pools = vec![builder(&path).max_connections(3).connect().await?];
        tasks::set_up(&pools[0]).await?;
        if rng.bool() {
            pools.push(builder(&path).max_connections(2).connect().await?);
        }
        let mut running = JoinSet::new();
        for task in 0..TASKS {
            let db = pools[task % pools.len()].clone();
            running.spawn(tasks::run(db, rng.fork(), TRANSACTIONS));
        }
        let mut events = Vec::new();
        while let Some(ended) = running.join_next().await {
            events.extend(ended??);
        }
        // A write: whatever was left behind is over when it has its turn.
        pools[0].execute("UPDATE register SET n = n", ()).await?;
        let last = tasks::state(&pools[0]).await?;
        model::check(&events, &last)?;
        for pool in pools {
            within("close", pool.close()).await??;
        }
        let mut tally = Tally::default();
        for event in events {
            let kind = match event.what {
                What::Read(_) => "reads",
                What::Wrote { .. } => "writes",
                What::Undone => "undone",
                What::Unknown { .. } => "unknown",
            };
            tally.add(kind, 1);
        }
        Ok(tally)
    })
}
