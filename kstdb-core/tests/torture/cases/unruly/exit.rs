//! A program that ends while its database is at work.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, ensure};

use super::work::{self, Told};
use crate::cases::Role;
use crate::cases::process;
use crate::support::{builder, on_runtime};

/// What the child ends with.
const CODE: u8 = 7;
/// What an end may take.
const LIMIT: Duration = Duration::from_secs(10);

/// Works for a moment and ends, one way or the other.
#[expect(clippy::exit, reason = "this is what is tried")]
pub(crate) fn exit(database: &Path, seed: u64) -> anyhow::Result<ExitCode> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let told = Told::default();
    let (tasks, enough) = (rng.u64(1..6), rng.u64(..30));
    let (db, running) = runtime.block_on(async {
        let db = builder(database).max_connections(4).connect().await?;
        let running = work::start(&db, tasks, &told);
        told.acknowledged(enough).await?;
        anyhow::Ok((db, running))
    })?;
    process::tell(told.last())?;
    match rng.u8(..4) {
        0 => std::process::exit(CODE.into()),
        1 => runtime.shutdown_background(),
        2 => {
            drop(db);
            drop(runtime);
        }
        _ => drop((runtime, running)),
    }
    Ok(ExitCode::from(CODE))
}

/// Starts such a program and looks at how it ended.
pub(super) fn ends(path: &Path, seed: u64) -> anyhow::Result<()> {
    let (status, told) = process::run(Role::Exit, path, seed, LIMIT)?;
    ensure!(status.code() == Some(CODE.into()), "it ended with {status}");
    let told = told.context("it told nothing")?;
    on_runtime(work::look(path, told))
}
