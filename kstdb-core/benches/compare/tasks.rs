//! The same call from many tasks at once.

use std::time::{Duration, Instant};

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Ran {
    pub(crate) elapsed: Duration,
    pub(crate) succeeded: i64,
    pub(crate) failed: i64,
    /// How long each call took, shortest first.
    pub(crate) waits: Vec<Duration>,
}

impl Ran {
    /// The time that this share of the calls did not need.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        let index = self.waits.len() * percent / 100;
        let last = self.waits.len().saturating_sub(1);
        self.waits.get(index.min(last)).copied().unwrap_or_default()
    }
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
                    match call(number).await {
                        Ok(()) => ran.succeeded += 1,
                        Err(_) => ran.failed += 1,
                    }
                    ran.waits.push(asked.elapsed());
                }
                ran
            })
        })
        .collect();
    let mut all = Ran::default();
    for task in spawned {
        let ran = task.await?;
        all.succeeded += ran.succeeded;
        all.failed += ran.failed;
        all.waits.extend(ran.waits);
    }
    all.elapsed = start.elapsed();
    all.waits.sort();
    Ok(all)
}
