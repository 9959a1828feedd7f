//! `kstdb upgrade`: the format of SQLCipher 4 for a file of an older one.

use kstdb_core::CipherCompatibility;
use kstdb_core::maintenance::{self, MaintenanceOptions};

use super::Upgrade;
use super::report::Report;
use crate::error::CliError;
use crate::flags::Shared;
use crate::open;
use crate::output::Output;
use crate::progress::Meter;
use crate::prompt::Ask;

impl Upgrade {
    pub(crate) async fn run(self, shared: &Shared, output: &mut Output) -> Result<(), CliError> {
        let key = open::key(shared)?.resolve(Ask::Once)?;
        let meter = Meter::new(output.is_json());
        let options = MaintenanceOptions::new().on_progress(meter.listener());
        let work = async { Ok(maintenance::upgrade(&self.database, key, &options).await?) };
        let before = meter.watch(work).await?;
        Ok(output.report(&Report {
            done: if before == CipherCompatibility::default() {
                "unchanged"
            } else {
                "upgraded"
            },
            path: self.database,
            from_version: Some(before.version()),
        })?)
    }
}
