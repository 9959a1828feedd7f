//! One fault in one workload, and what must hold afterwards.

use std::path::Path;

use anyhow::{Context as _, ensure};
use kstdb_core::{AsyncDatabase, DatabaseError};

use super::plan::Case;
use super::typed;
use super::workload::{Done, Workload, backup_of};
use crate::runner::Tally;
use crate::support::{
    Append, Ledger, builder, checked_from_inside, next_raw_key, on_runtime, within, write_image,
};
use crate::vfs::{Effect, Fault, FileKind, Op, Reach, Volume};

/// How many calls may fail that begin after a fault that strikes once.
const MOST_LATE: usize = 1;

/// Counts such operations of a workload when nothing fails: those before its `close`, then those of it.
pub(super) fn count(
    workload: Workload,
    operations: &[(Op, Option<FileKind>)],
) -> anyhow::Result<[Vec<u64>; 2]> {
    on_runtime(async {
        let dir = tempfile::tempdir()?;
        let volume = Volume::mount(dir.path());
        let counts = || operations.iter().map(|(op, only)| volume.count(*op, *only));
        let mut done = Done::on(&volume);
        let path = set_up(workload, dir.path())?;
        let db = workload.run(&path, &mut done).await?;
        let before: Vec<u64> = counts().collect();
        db.context("it does not open")?.close().await?;
        let close = counts().zip(&before).map(|(all, before)| all - before);
        let close = close.collect();
        let first = done.errors.first();
        ensure!(first.is_none(), "{workload:?} fails by itself: {first:?}");
        done.wrong.map_or(Ok(()), Err)?;
        Ok([before, close])
    })
}

fn set_up(workload: Workload, dir: &Path) -> anyhow::Result<std::path::PathBuf> {
    match workload.template()? {
        Some(template) => write_image(template.image(), dir),
        None => Ok(dir.join("app.db")),
    }
}

/// Runs the case of a seed.
pub(super) fn run(seed: u64) -> anyhow::Result<Tally> {
    let case = Case::of(seed);
    on_runtime(one(case)).with_context(|| format!("{case:?}"))
}

async fn one(case: Case) -> anyhow::Result<Tally> {
    let dir = tempfile::tempdir()?;
    let volume = Volume::mount(dir.path());
    let path = set_up(case.workload, dir.path())?;
    let mut done = Done::on(&volume);
    if !case.at_close {
        volume.arm(case.fault);
    }
    let mut db = case.workload.run(&path, &mut done).await?;
    if case.at_close
        && let Some(db) = db.take()
    {
        volume.arm(case.fault);
        done.call("close", db.close()).await?;
    }
    volume.disarm();
    let mut tally = judge(case, &volume, &mut done)?;
    let least = expected(case, done.acked)?;
    let in_backup = done.in_backup;
    backup_is_whole(&backup_of(&path), in_backup)
        .await
        .context("the backup")?;
    match after(case, &volume, &path, db, least).await {
        Err(error) if damaged_for_good(case, &error) => {
            tally.add("damaged by a checkpoint, and told so", 1);
        }
        after => tally.merge(&after?),
    }
    Ok(tally)
}

/// What the calls of the workload were told.
fn judge(case: Case, volume: &Volume, done: &mut Done<'_>) -> anyhow::Result<Tally> {
    let mut tally = Tally::one("faults");
    let struck = volume.strikes() > 0;
    tally.add("struck", u64::from(struck));
    tally.add("typed errors", done.errors.len().try_into()?);
    for (what, error) in &done.errors {
        typed::check(what, error, case.fault)?;
    }
    done.wrong.take().map_or(Ok(()), Err)?;
    ensure!(
        struck || done.errors.is_empty(),
        "errors without a fault: {:?}",
        done.errors
    );
    let passed = case.fault.reach == Reach::Once && !reads_wal_wrong(case);
    ensure!(
        !passed || done.late <= MOST_LATE,
        "{} calls fail after a fault that struck once: {:?}",
        done.late,
        done.errors
    );
    Ok(tally)
}

/// A backup is whole under its name or not there, and one that was reported is.
async fn backup_is_whole(path: &Path, least: Option<u64>) -> anyhow::Result<()> {
    if !path.exists() {
        ensure!(least.is_none(), "it was reported, and is not there");
        return Ok(());
    }
    let db = within("open", builder(path).connect()).await??;
    let last = within("read", Ledger::of(&db).prefix()).await??;
    ensure!(
        least.is_none_or(|least| last >= least),
        "lost: {least:?} acknowledged, {last} there"
    );
    checked_from_inside(&db).await?;
    within("close", db.close()).await??;
    Ok(())
}

/// Opens the database with the key that it has.
async fn opened(path: &Path) -> anyhow::Result<Result<AsyncDatabase, DatabaseError>> {
    let opened = within("open", builder(path).connect()).await?;
    Ok(match opened {
        Err(error) if error.is_wrong_key() => {
            let changed = builder(path).key(next_raw_key()).connect();
            within("open", changed).await?
        }
        opened => opened,
    })
}

/// Nothing fails any more: the pool goes on, and so does the next program.
async fn after(
    case: Case,
    volume: &Volume,
    path: &Path,
    db: Option<AsyncDatabase>,
    least: u64,
) -> anyhow::Result<Tally> {
    let mut tally = Tally::default();
    let mut least = least;
    if let Some(db) = db {
        least = usable(&db, least)
            .await
            .context("after the fault has passed")?;
        within("close", db.close()).await??;
        tally.add("pools that went on", 1);
    }
    if case.during_recovery > 0 {
        second_fault(case, volume, path).await?;
        tally.add("second faults", 1);
    }
    opened_again(path, case, least)
        .await
        .context("opened again")?;
    Ok(tally)
}

async fn opened_again(path: &Path, case: Case, least: u64) -> anyhow::Result<()> {
    let db = opened(path).await??;
    usable(&db, least).await?;
    if !reads_wal_wrong(case) {
        checked_from_inside(&db).await?;
    }
    within("close", db.close()).await??;
    Ok(())
}

/// A checkpoint copies what it reads from the WAL unseen: a bit that is read wrong there is in the
/// database for ever, where the page's HMAC tells.
fn damaged_for_good(case: Case, error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<DatabaseError>();
    reads_wal_wrong(case) && error.is_some_and(|error| error.is_corrupt() || error.is_wrong_key())
}

fn reads_wal_wrong(case: Case) -> bool {
    let Fault { effect, only, .. } = case.fault;
    effect == Effect::FlipBit && only == Some(FileKind::Wal)
}

/// How far the ledger must reach.
fn expected(case: Case, acked: u64) -> anyhow::Result<u64> {
    let template = case.workload.template()?;
    // A WAL that is read wrong ends where it is wrong, and SQLite says nothing.
    let loses = reads_wal_wrong(case);
    Ok(match template {
        Some(template) if loses => template.in_database,
        Some(template) => template.last.max(acked),
        None if loses => 0,
        None => acked,
    })
}

/// The ledger holds what was acknowledged, can be written, and is right afterwards. Returns its last
/// transaction.
async fn usable(db: &AsyncDatabase, least: u64) -> anyhow::Result<u64> {
    let ledger = Ledger::of(db);
    within("create", ledger.create())
        .await?
        .context("the tables")?;
    let last = within("read", ledger.prefix()).await??;
    ensure!(last >= least, "lost: {least} acknowledged, {last} there");
    let n = within("append", ledger.append(Append::Write))
        .await?
        .context("cannot write")?;
    ensure!(n == last + 1, "{n} follows {last}");
    let last = within("read", ledger.prefix()).await??;
    ensure!(last == n, "{n} was acknowledged, {last} is there");
    Ok(n)
}

/// The same operation fails once more while the database is opened again.
async fn second_fault(case: Case, volume: &Volume, path: &Path) -> anyhow::Result<()> {
    let fault = Fault {
        nth: case.during_recovery,
        reach: Reach::Once,
        ..case.fault
    };
    volume.arm(fault);
    let opened = opened(path).await?;
    match &opened {
        Err(error) => typed::check("open", error, fault)?,
        Ok(db) => within("close", db.close()).await??,
    }
    volume.disarm();
    Ok(())
}
