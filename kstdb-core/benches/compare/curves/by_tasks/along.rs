//! Lets the peers do the same calls, from one task up to many.

use std::time::Duration;

use crate::curves::Curve;
use crate::row::Peer;
use crate::tasks;

pub(super) const TASKS: [u32; 7] = [1, 2, 4, 8, 16, 64, 256];

/// How many calls are shared among the tasks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Calls {
    pub(super) count: i64,
    /// What one call does, in the unit of the curve.
    pub(super) pieces: i64,
    pub(super) rounds: u32,
}

/// Measures a curve: `ours` and `theirs` are one call with a number of its own, `limit` all of them
/// in one thread.
pub(super) async fn along<K, S>(
    mut curve: Curve,
    calls: Calls,
    ours: impl Fn(i64) -> K + Clone + Send + 'static,
    theirs: impl Fn(i64) -> S + Clone + Send + 'static,
    mut limit: impl FnMut(Vec<i64>) -> anyhow::Result<Duration>,
) -> anyhow::Result<Curve>
where
    K: Future<Output = anyhow::Result<()>> + Send + 'static,
    S: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    let mut base = 0;
    for (place, count) in TASKS.into_iter().enumerate() {
        let row = curve.at(count);
        let (count, each) = (i64::from(count), calls.count / i64::from(count));
        // One round more at the first place: it fills the caches.
        let filling = u32::from(place == 0);
        for round in 0..calls.rounds + filling {
            let ours = ours.clone();
            let ran = tasks::run(count, each, move |call| ours(base + call)).await?;
            row.add_ours(&ran, calls.pieces);
            let theirs = theirs.clone();
            let ran = tasks::run(count, each, move |call| theirs(base + call)).await?;
            row.add(Peer::Sqlx, ran.succeeded * calls.pieces, ran.elapsed);
            let numbers = tasks::order(count, each).into_iter();
            let elapsed = limit(numbers.map(|call| base + call).collect())?;
            row.add(Peer::Rusqlite, calls.count * calls.pieces, elapsed);
            base += calls.count;
            if round < filling {
                row.forget_rounds();
            }
        }
    }
    Ok(curve)
}
