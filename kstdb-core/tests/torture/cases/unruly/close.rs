//! `close` at every moment: while it is used, twice, half way, from two tasks.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, ensure};

use super::work::{self, Told};
use crate::support::{builder, on_runtime, poll_times, until, within};

/// Closes in the middle of the work of some tasks.
pub(super) fn while_used(path: &Path, rng: &mut fastrand::Rng) -> anyhow::Result<()> {
    let (tasks, enough, polls) = (rng.u64(1..8), rng.u64(..30), rng.usize(..12));
    let told = Told::default();
    on_runtime(async {
        let db = builder(path).max_connections(3).connect().await?;
        let mut running = work::start(&db, tasks, &told);
        told.acknowledged(enough).await?;
        if rng.bool() {
            // Half way, and then again.
            poll_times(polls, db.close()).await.transpose()?;
        }
        let both = futures_util::future::join(db.close(), db.close());
        let (first, second) = within("close", both).await?;
        first.context("the first close")?;
        second.context("the second close")?;
        while let Some(ended) = within("a task", running.join_next()).await? {
            let error = ended?;
            ensure!(error.is_closed(), "a task was told: {error:?}");
        }
        let error = db
            .execute("SELECT 1", ())
            .await
            .err()
            .context("it is not closed")?;
        ensure!(error.is_closed(), "{error:?}");
        closed(path).await?;
        work::look(path, told.last()).await
    })
}

/// Closes while somebody keeps a connection, who can finish, but not for ever.
pub(super) fn while_held(path: &Path) -> anyhow::Result<()> {
    on_runtime(async {
        let db = builder(path)
            .acquire_timeout(Duration::from_secs(1))
            .connect()
            .await?;
        let mut held = db.connection().await?;
        let error = within("close", db.close())
            .await?
            .err()
            .context("it did not wait")?;
        ensure!(error.to_string().contains("no connection"), "{error:?}");
        held.fetch_value::<u64>("SELECT 1", ())
            .await
            .context("it may finish")?;
        drop(held);
        within("close", db.close()).await??;
        closed(path).await
    })
}

/// Nothing of the database is open in this process.
async fn closed(path: &Path) -> anyhow::Result<()> {
    let dir = path.parent().context("a database is in a directory")?;
    until("every file is closed", || {
        let open = std::fs::read_dir("/proc/self/fd")
            .into_iter()
            .flatten()
            .flatten();
        let mut targets = open.filter_map(|entry| std::fs::read_link(entry.path()).ok());
        !targets.any(|target| target.starts_with(dir))
    })
    .await
    .map_err(anyhow::Error::msg)
}
