//! A damaged WAL: recovery ends at a transaction, never in the middle of one.

use std::path::Path;

use anyhow::ensure;

use super::plan::Case;
use crate::runner::Tally;
use crate::support::{Append, Ledger, Template, builder, checked_from_inside, within, write_image};
use crate::vfs::Volume;

/// Damages the WAL that a crash left, and recovers from it.
pub(super) async fn check(case: Case) -> anyhow::Result<Tally> {
    let template = Template::hot()?;
    let mut bytes = template.wal()?.to_vec();
    if !case.apply(&mut bytes) {
        return Ok(Tally::one("the same bytes"));
    }
    let mut image = template.image().clone();
    image.insert(Path::new("app.db-wal").to_owned(), bytes);
    let dir = tempfile::tempdir()?;
    let path = write_image(&image, dir.path())?;
    let _volume = Volume::mount(dir.path());
    let db = within("open", builder(&path).connect()).await??;
    let ledger = Ledger::of(&db);
    let last = ledger.prefix().await?;
    ensure!(
        last >= template.in_database,
        "{last} is less than the database itself has"
    );
    checked_from_inside(&db).await?;
    let n = within("append", ledger.append(Append::Write)).await??;
    ensure!(n == last + 1, "{n} follows {last}");
    within("close", db.close()).await??;
    let mut tally = Tally::one("recovered");
    tally.add("transactions cut off", template.last - last);
    Ok(tally)
}
