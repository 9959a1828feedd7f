//! What a power cut left: a prefix of the history, with everything that was promised.

use std::path::Path;

use anyhow::{Context as _, ensure};

use crate::runner::Tally;
use crate::support::{Append, Ledger, builder, checked_from_inside, migrated, within, write_image};
use crate::vfs::{Cut, Image, Recorder, Volume};

/// One recovery in so many is itself cut.
const CUT_AGAIN_ONE_IN: u8 = 8;

/// Opens what a cut left and checks it, and now and then cuts the power while it is recovered.
pub(super) async fn check(
    cut: &Cut,
    creates: bool,
    rng: &mut fastrand::Rng,
    tally: &mut Tally,
) -> anyhow::Result<()> {
    tally.add("cuts", 1);
    tally.add(
        "cuts while it was created",
        u64::from(creates && cut.promised == 0),
    );
    let last = recovered(&cut.image, cut.promised, creates)
        .await
        .with_context(|| format!("{:?} of what was unsynced is lost", cut.loss))?;
    tally.add("beyond the promise", u64::from(last > cut.promised));
    if rng.u8(..CUT_AGAIN_ONE_IN) == 0 {
        for second in cut_again(cut, rng).await? {
            tally.add("cuts", 1);
            tally.add("cuts of a recovery", 1);
            recovered(&second.image, second.promised, creates)
                .await
                .with_context(|| {
                    format!(
                        "{:?} is lost in the recovery from {:?}",
                        second.loss, cut.loss
                    )
                })?;
        }
    }
    Ok(())
}

/// Opens an image as a program would after a restart. Returns the last transaction there.
///
/// A database that is just being created can be there or not, and its migrations whole or not at all.
async fn recovered(image: &Image, promised: u64, creates: bool) -> anyhow::Result<u64> {
    let dir = tempfile::tempdir()?;
    let path = write_image(image, dir.path())?;
    let _volume = Volume::mount(dir.path());
    let db = within("open", builder(&path).connect()).await??;
    let ledger = Ledger::of(&db);
    if creates {
        let there = migrated(&db).await.context("migrations")?;
        ensure!(there == 2 || promised == 0, "{there} migrations are there");
        if promised == 0 {
            ledger.create().await?;
        }
    }
    let last = ledger.prefix().await?;
    ensure!(last >= promised, "lost: {promised} promised, {last} there");
    checked_from_inside(&db).await?;
    let n = ledger.append(Append::Write).await.context("cannot write")?;
    ensure!(n == last + 1, "{n} follows {last}");
    within("close", db.close()).await??;
    Ok(last)
}

/// Recovers an image with the power cut in between.
async fn cut_again(cut: &Cut, rng: &mut fastrand::Rng) -> anyhow::Result<Vec<Cut>> {
    let dir = tempfile::tempdir()?;
    let path = write_image(&cut.image, dir.path())?;
    let volume = Volume::mount(dir.path());
    let promised = cut.promised;
    volume.record(Recorder {
        rng: rng.fork(),
        one_in: 3,
        promise: Box::new(move || promised),
    });
    open_and_close(&path).await?;
    Ok(volume.cuts())
}

async fn open_and_close(path: &Path) -> anyhow::Result<()> {
    let db = within("open", builder(path).connect()).await??;
    within("close", db.close()).await??;
    Ok(())
}
