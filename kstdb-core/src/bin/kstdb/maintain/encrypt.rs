//! `kstdb encrypt`: a key for a database that has none.

use kstdb_core::maintenance::{self, MaintenanceOptions};

use super::Encrypt;
use super::report::Report;
use crate::error::CliError;
use crate::flags::Shared;
use crate::open;
use crate::output::Output;
use crate::progress::Meter;
use crate::prompt::Ask;

impl Encrypt {
    pub(crate) async fn run(self, shared: &Shared, output: &mut Output) -> Result<(), CliError> {
        let key = open::key(shared)?.resolve(Ask::Twice)?;
        let meter = Meter::new(output.is_json());
        let options = MaintenanceOptions::new()
            .profile(shared.format.profile())
            .on_progress(meter.listener());
        let work = async { Ok(maintenance::encrypt(&self.database, key, &options).await?) };
        meter.watch(work).await?;
        Ok(output.report(&Report {
            done: "encrypted",
            path: self.database,
            from_version: None,
        })?)
    }
}
