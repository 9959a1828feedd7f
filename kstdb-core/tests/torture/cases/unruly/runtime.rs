//! A runtime that is shut down under the database, and one with a single thread.

use std::path::Path;
use std::time::Duration;

use anyhow::ensure;

use super::work::{self, Told};
use crate::support::{Append, Ledger, builder, on_runtime, within};

/// Shuts a runtime down with tasks at work; the handle lives on.
pub(super) fn shut_down(path: &Path, rng: &mut fastrand::Rng) -> anyhow::Result<()> {
    let told = Told::default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let (tasks, enough) = (rng.u64(1..8), rng.u64(..30));
    let (db, running, held) = runtime.block_on(async {
        let db = builder(path).max_connections(4).connect().await?;
        let held = db.begin().await?;
        held.rollback().await?;
        let held = db.connection().await?;
        let running = work::start(&db, tasks, &told);
        told.acknowledged(enough).await?;
        anyhow::Ok((db, running, held))
    })?;
    match rng.u8(..3) {
        0 => runtime.shutdown_background(),
        1 => runtime.shutdown_timeout(Duration::from_millis(rng.u64(..20))),
        _ => drop(runtime),
    }
    drop(running);
    let dropped_first = rng.bool();
    let held = if dropped_first {
        drop(held);
        None
    } else {
        Some(held)
    };
    // Whether it works on another runtime is not promised: that it answers is.
    on_runtime(async {
        drop(
            within(
                "read",
                db.fetch_value::<u64>("SELECT max(n) FROM entry", ()),
            )
            .await?,
        );
        if let Ok(n) = within("append", Ledger::of(&db).append(Append::Write)).await? {
            ensure!(n > told.last(), "lost: {} acknowledged", told.last());
        }
        drop(held);
        drop(within("close", db.close()).await?);
        drop(db);
        work::look(path, told.last()).await
    })
}

/// Works on a single thread.
pub(super) fn one_thread(path: &Path, rng: &mut fastrand::Rng) -> anyhow::Result<()> {
    let told = Told::default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (tasks, enough) = (rng.u64(1..20), rng.u64(..40));
    runtime.block_on(async {
        let db = builder(path).max_connections(3).connect().await?;
        let mut running = work::start(&db, tasks, &told);
        told.acknowledged(enough).await?;
        if rng.bool() {
            running.abort_all();
        }
        within("close", db.close()).await??;
        while let Some(ended) = within("a task", running.join_next()).await? {
            ensure!(
                ended.map_or(true, |error| error.is_closed()),
                "a task had another error"
            );
        }
        work::look(path, told.last()).await
    })
}
