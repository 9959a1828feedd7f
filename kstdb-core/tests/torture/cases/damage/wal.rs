//! A damaged WAL: recovery ends at a transaction, never in the middle of one.

use std::path::Path;

use anyhow::ensure;

use super::plan::{self, Case};
use super::verified;
use crate::runner::Tally;
use crate::support::{Append, Ledger, Template, builder, checked_from_inside, within, write_image};
use crate::vfs::Volume;

/// Damages the WAL that a crash left, and recovers from it.
pub(super) async fn check(case: Case) -> anyhow::Result<Tally> {
    let template = Template::hot()?;
    let mut bytes = template.wal()?.to_vec();
    let commits = plan::commits(&bytes);
    // One for each transaction that the template has in its WAL.
    let in_wal = usize::try_from(template.last - template.in_database)?;
    ensure!(commits.len() == in_wal, "{} commits", commits.len());
    let whole = commits.iter().filter(|end| *end < case.frames().start());
    let least = template.in_database + u64::try_from(whole.count())?;
    case.apply(&mut bytes);
    let mut image = template.image().clone();
    image.insert(Path::new("app.db-wal").to_owned(), bytes);
    let dir = tempfile::tempdir()?;
    let path = write_image(&image, dir.path())?;
    let _volume = Volume::mount(dir.path());
    let mut tally = verified::wal(&path, case).await?;
    let db = within("open", builder(&path).connect()).await??;
    let ledger = Ledger::of(&db);
    let last = ledger.prefix().await?;
    ensure!(
        last >= least,
        "{last} is there, and {least} were whole before the damage"
    );
    checked_from_inside(&db).await?;
    let n = within("append", ledger.append(Append::Write)).await??;
    ensure!(n == last + 1, "{n} follows {last}");
    within("close", db.close()).await??;
    tally.add("recovered", 1);
    tally.add("transactions cut off", template.last - last);
    Ok(tally)
}
