//! The row of the programme, and a case: the load, and what everybody got of it.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use kstdb_core::AsyncDatabase;
use tokio::task::JoinSet;

use super::tasks::{self, Done};
use crate::runner::{Scale, Tally, Test};
use crate::support::{builder, on_runtime, until};
use crate::vfs::Volume;

pub(crate) const TEST: Test = Test {
    number: 6,
    name: "a thousand tasks",
    plan,
    run,
    side_by_side: 1,
    limit: Duration::from_secs(900),
    floors: &[("calls", 20_000), ("waits in vain under load", 10)],
};

const TASKS: u64 = 1_000;
const CONNECTIONS: u32 = 5;
/// How much later than its limit a wait may end, on a machine that does other things as well.
const LATE: Duration = Duration::from_millis(250);
/// The same where every thread of the runtime has a thousand tasks to run.
const LATE_UNDER_LOAD: Duration = Duration::from_secs(1);

/// One case, whose seed is how long it takes, in seconds.
fn plan(scale: &Scale) -> anyhow::Result<Vec<u64>> {
    Ok(vec![scale.choose(30, 600)])
}

fn run(seconds: u64) -> anyhow::Result<Tally> {
    on_runtime(async {
        let dir = tempfile::tempdir()?;
        let _volume = Volume::mount(dir.path());
        let db = builder(&dir.path().join("app.db"))
            .max_connections(CONNECTIONS)
            .acquire_timeout(Duration::from_secs(30))
            .connect()
            .await?;
        tasks::set_up(&db, TASKS).await?;
        let path = dir.path().join("app.db");
        let loaded = load(&db, Duration::from_secs(seconds));
        let beside = timeouts_under_load(&path, Duration::from_secs(seconds));
        let (tally, waits) = futures_util::try_join!(loaded, beside)?;
        let mut tally = tally;
        tally.add("waits in vain under load", waits);
        until("all connections are back", || {
            db.stats().active_connections == 0
        })
        .await
        .map_err(anyhow::Error::msg)?;
        let stats = db.stats();
        ensure!(
            stats.total_timeouts == 0 && stats.total_errors == 0,
            "{stats:?}"
        );
        ensure!(
            db.pool_size() <= usize::try_from(CONNECTIONS)?,
            "{} connections",
            db.pool_size()
        );
        db.close().await?;
        timeouts(&path).await?;
        Ok(tally)
    })
}

async fn load(db: &AsyncDatabase, duration: Duration) -> anyhow::Result<Tally> {
    let end = Instant::now() + duration;
    let mut running = JoinSet::new();
    for id in 0..TASKS {
        let task = tasks::mixed(db.clone(), id, end);
        running.spawn(async move { (id, task.await) });
    }
    let task = tasks::greedy(db.clone(), TASKS, end);
    running.spawn(async move { (TASKS, task.await) });
    let mut all = Vec::new();
    while let Some(ended) = running.join_next().await {
        let (id, done) = ended?;
        all.push((id, done.with_context(|| format!("task {id}"))?));
    }
    stored(db, &all).await?;
    shares(&mut all)
}

/// Every write that a task was told of is there, and no other.
async fn stored(db: &AsyncDatabase, all: &[(u64, Done)]) -> anyhow::Result<()> {
    let counters: Vec<(u64, u64)> = db.fetch_all("SELECT id, n FROM counter", ()).await?;
    for (id, done) in all {
        let stored = counters.iter().find(|(counter, _)| counter == id);
        let stored = stored.context("a counter is gone")?.1;
        ensure!(
            stored == done.writes,
            "task {id} wrote {} times, {stored} are there",
            done.writes
        );
    }
    Ok(())
}

/// Nobody got less than half of what is fair.
fn shares(all: &mut Vec<(u64, Done)>) -> anyhow::Result<Tally> {
    let greedy = all
        .iter()
        .position(|(id, _)| *id == TASKS)
        .context("the greedy writer")?;
    let (_, greedy) = all.swap_remove(greedy);
    let calls: u64 = all.iter().map(|(_, done)| done.calls).sum();
    let writes: u64 = all.iter().map(|(_, done)| done.writes).sum();
    for (id, done) in all.iter() {
        let enough = done.writes * TASKS * 2 >= writes && done.calls * TASKS * 2 >= calls;
        ensure!(
            enough,
            "task {id}: {} of {calls} calls, {} of {writes} writes",
            done.calls,
            done.writes
        );
    }
    let mut waits: Vec<Duration> = all
        .iter_mut()
        .flat_map(|(_, done)| done.waits.drain(..))
        .collect();
    waits.sort_unstable();
    let wait = |percent: usize| {
        waits
            .get(waits.len() * percent / 100)
            .copied()
            .unwrap_or_default()
    };
    ensure!(
        wait(99) <= 10 * wait(50),
        "half of the writes wait {:?}, some {:?}",
        wait(50),
        wait(99)
    );
    let mut tally = Tally::default();
    tally.add("calls", calls);
    tally.add("writes", writes);
    tally.add("greedy transactions", greedy.calls);
    tally.add(
        "ms: half of the writes",
        u64::try_from(wait(50).as_millis())?,
    );
    tally.add(
        "ms: 99 % of the writes",
        u64::try_from(wait(99).as_millis())?,
    );
    Ok(tally)
}

/// Waiting ends when it should although a thousand tasks want to run as well. Returns how often it was
/// tried.
async fn timeouts_under_load(path: &std::path::Path, duration: Duration) -> anyhow::Result<u64> {
    let end = Instant::now() + duration;
    let limit = Duration::from_secs(1);
    let db = builder(path)
        .max_connections(1)
        .acquire_timeout(limit)
        .connect()
        .await?;
    let held = db.connection().await?;
    let mut waits = 0;
    while Instant::now() + 4 * limit < end {
        waits_for(limit, LATE_UNDER_LOAD, db.connection()).await?;
        let read = db.fetch_value::<u64>("SELECT 1", ());
        waits_for(limit, LATE_UNDER_LOAD, read).await?;
        waits += 2;
    }
    drop(held);
    db.close().await?;
    Ok(waits)
}

/// Waiting ends when it should, and says for what it was.
async fn timeouts(path: &std::path::Path) -> anyhow::Result<()> {
    let limit = Duration::from_secs(1);
    let db = builder(path)
        .max_connections(2)
        .acquire_timeout(limit)
        .connect()
        .await?;
    let both = [db.connection().await?, db.connection().await?];
    waits_for(limit, LATE, db.connection()).await?;
    waits_for(limit, LATE, db.fetch_value::<u64>("SELECT 1", ())).await?;
    drop(both);
    let transaction = db.begin().await?;
    waits_for(limit, LATE, db.begin()).await?;
    waits_for(limit, LATE, db.execute("UPDATE counter SET n = 0", ())).await?;
    transaction.rollback().await?;
    db.execute("UPDATE counter SET n = 0", ()).await?;
    ensure!(db.stats().total_timeouts == 4, "{:?}", db.stats());
    db.close().await?;
    Ok(())
}

async fn waits_for<T>(
    limit: Duration,
    late: Duration,
    call: impl Future<Output = Result<T, kstdb_core::DatabaseError>>,
) -> anyhow::Result<()> {
    let began = Instant::now();
    let error = call.await.err().context("it should have waited in vain")?;
    let waited = began.elapsed();
    ensure!(error.is_timeout(), "{error:?}");
    ensure!(
        waited >= limit && waited < limit + late,
        "waited {waited:?}, not {limit:?}"
    );
    Ok(())
}
