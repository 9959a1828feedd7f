//! What `verify` says of a damaged file that nobody has open: it names everything that is damaged.

use std::path::Path;

use anyhow::{Context as _, ensure};
use kstdb_core::maintenance::{VerifyLevel, VerifyOptions, VerifyReport, verify};

use super::database::tells;
use super::plan::{Case, commits};
use crate::runner::Tally;
use crate::support::{Template, canary, raw_key, within};

/// Every damaged page of a database is named. Without its salt no page can be told from a wrong key.
pub(super) async fn database(path: &Path, case: Case) -> anyhow::Result<Tally> {
    // Where a file ends between two pages, only the structure says that there were more.
    let level = if case.ends_between_pages() {
        VerifyLevel::Structure
    } else {
        VerifyLevel::Pages
    };
    let report = match run(path, level).await? {
        Ok(report) => report,
        Err(error) => {
            canary::clean_error(&error)?;
            ensure!(case.takes_the_salt(), "it cannot be verified: {error:?}");
            ensure!(tells(&error), "verify does not say why not: {error:?}");
            return Ok(Tally::one("verify: no page fits the key"));
        }
    };
    if case.ends_between_pages() {
        ensure!(!report.is_sound(), "a file that is too short is sound");
        return Ok(Tally::one("verify: too short"));
    }
    let pages = report.pages.context("no pages in the report")?;
    for page in case.pages() {
        let number = u32::try_from(page)?;
        let mut runs = pages.damaged.iter();
        ensure!(
            runs.any(|run| run.first <= number && number <= run.last),
            "page {page} is not named: {:?}",
            pages.damaged
        );
    }
    ensure!(
        pages.damaged_pages() == u64::try_from(case.pages().count())?,
        "sound pages are named: {:?}",
        pages.damaged
    );
    Ok(Tally::one("verify: pages named"))
}

/// The first damaged frame of a WAL is named, if a transaction was committed after it: the end of
/// the log can be cut off unseen.
pub(super) async fn wal(path: &Path, case: Case) -> anyhow::Result<Tally> {
    let report = run(path, VerifyLevel::Pages).await??;
    let pages = report.pages.context("no pages in the report")?;
    ensure!(
        pages.damaged.is_empty(),
        "sound pages are named: {:?}",
        pages.damaged
    );
    let last_commit = commits(Template::hot()?.wal()?)
        .last()
        .copied()
        .unwrap_or(0);
    let cut_off = case.is_truncation() || *case.frames().end() >= last_commit;
    let damaged = pages.wal.map(|wal| wal.damaged).unwrap_or_default();
    let first = u64::try_from(*case.frames().start())?;
    match damaged.first() {
        Some(frame) => {
            ensure!(
                frame.frame == first,
                "frame {first} is damaged, and verify names {damaged:?}"
            );
            Ok(Tally::one("verify: frames named"))
        }
        None => {
            ensure!(cut_off, "frame {first} is not named");
            Ok(Tally::one("verify: the end cut off"))
        }
    }
}

async fn run(
    path: &Path,
    level: VerifyLevel,
) -> anyhow::Result<Result<VerifyReport, kstdb_core::DatabaseError>> {
    let options = VerifyOptions::new().level(level);
    within("verify", verify(path, Some(raw_key().into()), &options)).await
}
