//! The same call from many tasks at once.

use std::time::{Duration, Instant};

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Ran {
    pub(crate) elapsed: Duration,
    pub(crate) succeeded: i64,
    pub(crate) failed: i64,
    /// Why the first of them failed.
    pub(crate) error: Option<String>,
    /// How long each call took.
    pub(crate) waits: Vec<Duration>,
}

impl Ran {
    /// Counts a call.
    pub(crate) fn count(&mut self, result: anyhow::Result<()>) {
        match result {
            Ok(()) => self.succeeded += 1,
            Err(error) => {
                self.failed += 1;
                self.error.get_or_insert_with(|| format!("{error:#}"));
            }
        }
    }

    /// Adds the calls of another task.
    pub(crate) fn join(&mut self, other: Self) {
        self.succeeded += other.succeeded;
        self.failed += other.failed;
        self.error = self.error.take().or(other.error);
        self.waits.extend(other.waits);
    }
}

/// The time that this share of the calls did not need.
pub(crate) fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let index = sorted.len() * percent / 100;
    let last = sorted.len().saturating_sub(1);
    sorted.get(index.min(last)).copied().unwrap_or_default()
}

/// The numbers of [`run`] in the order in which tasks that keep pace take them: one thread that follows
/// it writes to the same places of a table, one after another.
pub(crate) fn order(tasks: i64, calls: i64) -> Vec<i64> {
    let round = |number| (0..tasks).map(move |task| task * calls + number);
    (0..calls).flat_map(round).collect()
}

/// Runs `call` on each of `tasks` tasks `calls` times, with a number of its own each time.
pub(crate) async fn run<F, C>(tasks: i64, calls: i64, call: C) -> anyhow::Result<Ran>
where
    C: Fn(i64) -> F + Clone + Send + 'static,
    F: Future<Output = anyhow::Result<()>> + Send,
{
    let start = Instant::now();
    let spawned: Vec<_> = (0..tasks)
        .map(|task| {
            let call = call.clone();
            tokio::spawn(async move {
                let mut ran = Ran::default();
                for number in task * calls..(task + 1) * calls {
                    let asked = Instant::now();
                    ran.count(call(number).await);
                    ran.waits.push(asked.elapsed());
                }
                ran
            })
        })
        .collect();
    let mut all = Ran::default();
    for task in spawned {
        all.join(task.await?);
    }
    all.elapsed = start.elapsed();
    Ok(all)
}
