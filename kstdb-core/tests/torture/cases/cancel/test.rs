//! The row of the programme, and a case: one call, dropped after every number of polls.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use futures_util::FutureExt as _;

use super::operation::{Begun, Operation};
use super::{check, files};
use crate::runner::{Scale, Tally, Test};
use crate::support::{
    Append, Ledger, Template, builder, on_runtime, poll_times, until, write_image,
};
use crate::vfs::Volume;

pub(crate) const TEST: Test = Test {
    number: 5,
    name: "dropped futures",
    plan,
    run,
    side_by_side: 2,
    limit: Duration::from_secs(120),
    floors: &[("drops", 5_000)],
};

/// A call that needs more polls than this hangs; one that never ends is dropped this often.
const MOST_POLLS: usize = 500;
const POLLS_OF_ENDLESS: usize = 40;

/// What goes on beside the call. Their places are part of seeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beside {
    /// Nothing.
    Nothing,
    /// Others read and write, so that the call has to wait for everything.
    Load,
    /// Nothing, on one thread.
    OneThread,
}

impl Beside {
    const ALL: [Self; 3] = [Self::Nothing, Self::Load, Self::OneThread];
}

/// Five rounds beside each. A seed is the call in its low byte, and above it the round.
fn plan(scale: &Scale) -> anyhow::Result<Vec<u64>> {
    let rounds: u64 = scale.choose(15, 600);
    let operations = u64::try_from(Operation::ALL.len())?;
    let rounds = 0..rounds;
    Ok(rounds
        .flat_map(|round| (0..operations).map(move |operation| operation | round << 8))
        .collect())
}

fn run(seed: u64) -> anyhow::Result<Tally> {
    let operations = Operation::ALL;
    let operation = operations[usize::try_from(seed & 0xff)? % operations.len()];
    let round = seed >> 8;
    let beside = Beside::ALL[usize::try_from(round)? % Beside::ALL.len()];
    let done = match beside {
        Beside::OneThread => {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            runtime.block_on(sweep(operation, beside, round))
        }
        Beside::Nothing | Beside::Load => on_runtime(sweep(operation, beside, round)),
    };
    done.with_context(|| format!("{operation:?} beside {beside:?}"))
}

async fn sweep(operation: Operation, beside: Beside, round: u64) -> anyhow::Result<Tally> {
    let dir = tempfile::tempdir()?;
    let path = write_image(Template::cold()?.image(), dir.path())?;
    let _volume = Volume::mount(dir.path());
    let db = builder(&path).connect().await?;
    check::set_up(&db).await?;
    let load = (beside == Beside::Load).then(|| tokio::spawn(load(Ledger::of(&db))));
    let mut tally = Tally::default();
    for polls in 0.. {
        ensure!(polls < MOST_POLLS, "it does not end");
        if operation.is_endless() && polls > POLLS_OF_ENDLESS {
            break;
        }
        let begun = Begun {
            db: &db,
            path: &path,
            number: polls,
        };
        let call = operation.run(begun);
        let done = if operation.is_endless() {
            dropped_after_looks(polls, call).await
        } else {
            dropped_after(polls, round % 2 == 1, call).await
        };
        tally.add("drops", 1);
        if let Some(done) = done {
            done.with_context(|| format!("after {polls} polls"))?;
            ensure!(!operation.is_endless(), "it should not end");
            break;
        }
        check::check(&db, beside == Beside::Load)
            .await
            .with_context(|| format!("dropped after {polls} polls"))?;
        files::check(begun)
            .await
            .with_context(|| format!("files, dropped after {polls} polls"))?;
    }
    if let Some(load) = load {
        load.abort();
        let ended = load.await;
        ensure!(ended.is_err(), "the load ended by itself: {ended:?}");
    }
    until("all connections are back", || {
        db.stats().active_connections == 0
    })
    .await
    .map_err(anyhow::Error::msg)?;
    check::check(&db, false).await?;
    db.close().await?;
    Ok(tally)
}

/// Polls a future so often and drops it, at once or when others have had some time.
async fn dropped_after<T>(polls: usize, late: bool, future: impl Future<Output = T>) -> Option<T> {
    let mut future = Box::pin(future);
    let done = poll_times(polls, future.as_mut()).await;
    if late && done.is_none() {
        for _ in 0..polls {
            tokio::task::yield_now().await;
        }
    }
    done
}

/// The same for a call that is never woken because it never ends: others have their turn in between.
async fn dropped_after_looks<T>(looks: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = Box::pin(future);
    for _ in 0..looks {
        if let Some(done) = future.as_mut().now_or_never() {
            return Some(done);
        }
        tokio::task::yield_now().await;
    }
    None
}

/// Reads and writes until it is dropped itself.
async fn load(ledger: Ledger) -> anyhow::Result<()> {
    let write = async {
        loop {
            ledger.append(Append::Write).await?;
            ledger.append(Append::Guard).await?;
        }
    };
    let read = async {
        loop {
            ledger
                .db
                .fetch_value::<u64>("SELECT max(n) FROM entry", ())
                .await?;
        }
    };
    futures_util::future::try_join(write, read)
        .await
        .map(|((), ())| ())
}
