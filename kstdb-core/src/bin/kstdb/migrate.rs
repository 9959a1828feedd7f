//! `kstdb migrate`: the migrations of a folder, applied or only listed.

use std::fmt;

use kstdb_core::cipher::{FileState, inspect};
use kstdb_core::migrate::Migrations;
use kstdb_core::{AsyncDatabase, DbConfig};
use serde::Serialize;

use crate::error::CliError;
use crate::flags::{Migrate, Shared};
use crate::open;
use crate::output::Output;

/// What was done, or would be.
#[derive(Serialize)]
struct Report {
    dry_run: bool,
    /// The versions, in order.
    applied: Vec<i64>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let done = if self.dry_run {
            "would apply"
        } else {
            "applied"
        };
        for version in &self.applied {
            writeln!(f, "{done} {version}")?;
        }
        if self.applied.is_empty() {
            writeln!(f, "nothing to apply")?;
        }
        Ok(())
    }
}

impl Migrate {
    pub(crate) async fn run(self, shared: &Shared, output: &mut Output) -> Result<(), CliError> {
        let migrations = Migrations::from_dir(&self.source).await?;
        let applied = if self.dry_run {
            let db = self.open_unchanged(shared).await?;
            open::closing(db, async |db| {
                Ok(db.pending_migrations(&migrations).await?)
            })
            .await?
        } else {
            let db = open::for_writing(shared, &self.database, &self.creation).await?;
            open::closing(db, async |db| Ok(db.migrate(&migrations).await?.applied)).await?
        };
        let report = Report {
            dry_run: self.dry_run,
            applied,
        };
        Ok(output.report(&report)?)
    }

    /// A file that is not there yet stays so: an empty database in memory stands for it.
    async fn open_unchanged(&self, shared: &Shared) -> Result<open::Opened, CliError> {
        if inspect(&self.database)?.state == FileState::Missing {
            let empty = AsyncDatabase::builder(":memory:").config(DbConfig::default());
            return Ok(empty.connect().await?.into());
        }
        open::for_reading(shared, &self.database).await
    }
}
