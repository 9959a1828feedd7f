//! `kstdb restore`: a backup in the place of a database.

use std::fmt;
use std::path::PathBuf;

use kstdb_core::maintenance::{self, MaintenanceOptions};
use serde::Serialize;

use super::Restore;
use crate::error::CliError;
use crate::flags::Shared;
use crate::open;
use crate::output::{Output, escape};
use crate::progress::Meter;

#[derive(Serialize)]
struct Report {
    path: PathBuf,
    size_bytes: u64,
    /// Whether there was a database, which is lost.
    replaced: bool,
}

impl Restore {
    pub(crate) async fn run(self, shared: &Shared, output: &mut Output) -> Result<(), CliError> {
        let key = open::key_of(shared, &self.backup)?.map(Into::into);
        let meter = Meter::new(output.is_json());
        let options = MaintenanceOptions::new()
            .profile(shared.format.profile())
            .on_progress(meter.listener());
        let (backup, database) = (&self.backup, &self.database);
        let work = async { Ok(maintenance::restore(backup, database, key, &options).await?) };
        let done = meter.watch(work).await?;
        Ok(output.report(&Report {
            path: done.path,
            size_bytes: done.size_bytes,
            replaced: done.replaced,
        })?)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = escape(&self.path.to_string_lossy());
        let done = if self.replaced { "replaced" } else { "created" };
        writeln!(f, "{path}: {done}, {} bytes, verified", self.size_bytes)
    }
}
