//! The row of the programme, and a case: a database whose processes are killed one after another.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context as _, ensure};

use super::migrator;
use super::writer::writers;
use crate::cases::Role;
use crate::cases::process::{Moment, Process};
use crate::runner::{Scale, Tally, Test};
use crate::support::{
    Ledger, Template, builder, checked_from_inside, on_runtime, within, write_image,
};

pub(crate) const TEST: Test = Test {
    number: 1,
    name: "kill -9",
    plan,
    run,
    side_by_side: 2,
    limit: Duration::from_secs(120),
    floors: &[
        ("kills", 250),
        ("acknowledged", 1_000),
        ("killed in a migration", 3),
    ],
};

/// How often the processes of one database are killed.
const CYCLES: u64 = 5;

fn plan(scale: &Scale) -> anyhow::Result<Vec<u64>> {
    Ok(scale.seeds(1, scale.choose(50, 2_000)))
}

fn run(seed: u64) -> anyhow::Result<Tally> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let dir = tempfile::tempdir()?;
    let mut tally = Tally::default();
    match rng.u8(..5) {
        0 => migrate(&dir.path().join("app.db"), &mut rng, &mut tally)?,
        1 => write(&dir.path().join("app.db"), 0, &mut rng, &mut tally)?,
        _ => {
            let template = Template::cold()?;
            let path = write_image(template.image(), dir.path())?;
            write(&path, template.last, &mut rng, &mut tally)?;
        }
    }
    Ok(tally)
}

/// Kills writers. Now and then nobody looks in between, so that the next one recovers and is killed
/// while it does.
fn write(
    path: &Path,
    first: u64,
    rng: &mut fastrand::Rng,
    tally: &mut Tally,
) -> anyhow::Result<()> {
    let mut promised = first;
    let mut known = first;
    let (mut acked, mut in_flight) = (0, 0);
    for cycle in 1..=CYCLES {
        let seed = rng.u64(..);
        let process = Process::start(Role::Write, path, seed)?;
        let moment = Moment::choose(rng);
        let acks = process.kill(moment)?;
        tally.add("kills", 1);
        let count = acks.count.load(Ordering::Acquire);
        tally.add("acknowledged", count);
        acked += count;
        in_flight += writers(seed);
        promised = promised.max(acks.highest.load(Ordering::Acquire));
        if cycle < CYCLES && rng.bool() {
            continue;
        }
        let last = on_runtime(recovered(path, promised)).with_context(|| format!("{moment:?}"))?;
        let unacknowledged = (last - known)
            .checked_sub(acked)
            .context("acknowledged twice")?;
        ensure!(
            unacknowledged <= in_flight,
            "{unacknowledged} unacknowledged of {in_flight} writers"
        );
        tally.add("unacknowledged", unacknowledged);
        (known, acked, in_flight) = (last, 0, 0);
    }
    Ok(())
}

/// The ledger that is there, which reaches at least this far.
async fn recovered(path: &Path, promised: u64) -> anyhow::Result<u64> {
    if !path.exists() {
        ensure!(promised == 0, "the database is gone");
        return Ok(0);
    }
    let db = within("open", builder(path).connect()).await??;
    let ledger = Ledger::of(&db);
    ledger.create().await?;
    let last = ledger.prefix().await?;
    ensure!(
        last >= promised,
        "lost: {promised} acknowledged, {last} there"
    );
    checked_from_inside(&db).await?;
    within("close", db.close()).await??;
    Ok(last)
}

/// Kills processes that migrate.
fn migrate(path: &Path, rng: &mut fastrand::Rng, tally: &mut Tally) -> anyhow::Result<()> {
    migrator::write_folder(&migrator::folder(path))?;
    for _ in 0..CYCLES {
        for name in ["app.db", "app.db-wal", "app.db-shm"] {
            drop(std::fs::remove_file(path.with_file_name(name)));
        }
        for _ in 0..rng.u8(1..4) {
            let process = Process::start(Role::Migrate, path, 0)?;
            process.kill(Moment::After(Duration::from_micros(rng.u64(..120_000))))?;
        }
        tally.add("kills", 1);
        let applied = on_runtime(migrator::check(path))?;
        tally.add(
            "killed in a migration",
            u64::from(applied > 0 && applied < 40),
        );
    }
    Ok(())
}
