//! The row of the programme, and a case: a history and its model.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::task::JoinSet;

use super::model::{self, What};
use super::tasks;
use crate::runner::{Scale, Tally, Test};
use crate::support::{builder, on_runtime, until, within};
use crate::vfs::Volume;

pub(crate) const TEST: Test = Test {
    number: 10,
    name: "concurrent histories",
    plan,
    run,
    side_by_side: 2,
    limit: Duration::from_secs(60),
    floors: &[
        ("reads", 20_000),
        ("writes", 20_000),
        ("unknown", 1_000),
        ("pools closed in between", 100),
    ],
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
        // One pool ends in the middle of the work of both.
        let closes = pools.len() > 1 && rng.bool();
        if closes && let Some(pool) = pools.pop() {
            let events = rng.u64(..u64::try_from(TASKS * TRANSACTIONS)?);
            let begun = tasks::CLOCK.load(Ordering::Acquire);
            let enough = || tasks::CLOCK.load(Ordering::Acquire) >= begun + events;
            until("transactions were run", || enough() || running.is_empty())
                .await
                .map_err(anyhow::Error::msg)?;
            within("close", pool.close()).await??;
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
        tally.add("pools closed in between", u64::from(closes));
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
