//! A clock that jumps by ten years, there and back, while the database is used.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use super::work::{self, Told};
use crate::support::{Append, Ledger, builder, on_runtime, within};
use crate::vfs::Clock;

const YEAR: &str = "SELECT CAST(strftime('%Y', 'now') AS INTEGER)";

/// Jumps, and looks whether anybody but SQL minds.
pub(super) fn jump(path: &Path, rng: &mut fastrand::Rng) -> anyhow::Result<()> {
    let told = Told::default();
    let clock = Clock::take();
    on_runtime(async {
        let limit = Duration::from_secs(1);
        let db = builder(path).acquire_timeout(limit).connect().await?;
        let running = work::start(&db, 2, &told);
        for years in [10, -20, 10] {
            let before: i64 = db.fetch_value(YEAR, ()).await?;
            clock.jump(years);
            let after = db.fetch_value::<i64>(YEAR, ()).await;
            let appended = Ledger::of(&db).append(Append::nth(rng.u64(..))).await;
            let enough = told.acknowledged(rng.u64(..20)).await;
            let waited = years.is_positive().then_some(limit);
            let waited =
                futures_util::future::OptionFuture::from(waited.map(|limit| in_vain(path, limit)));
            waited.await.transpose()?;
            appended?;
            enough?;
            let moved = after? - before;
            ensure!((moved - years).abs() <= 1, "{moved} years, not {years}");
        }
        drop(running);
        within("close", db.close()).await??;
        work::look(path, told.last()).await
    })
}

/// A wait that ends in vain ends when it should, whatever the clock says.
async fn in_vain(path: &Path, limit: Duration) -> anyhow::Result<()> {
    let db = builder(path)
        .max_connections(1)
        .acquire_timeout(limit)
        .connect()
        .await?;
    let held = db.connection().await?;
    let began = Instant::now();
    let error = within("acquire", db.connection()).await?.err();
    let error = error.context("it should have waited in vain")?;
    ensure!(error.is_timeout(), "{error:?}");
    let waited = began.elapsed();
    ensure!(
        waited >= limit && waited < 2 * limit,
        "waited {waited:?}, not {limit:?}"
    );
    drop(held);
    within("close", db.close()).await??;
    Ok(())
}
