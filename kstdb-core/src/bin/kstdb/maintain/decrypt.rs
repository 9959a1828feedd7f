//! `kstdb decrypt`: a database that everybody can read, once somebody has said that this is wanted.

use kstdb_core::maintenance::{self, MaintenanceOptions};

use super::Decrypt;
use super::report::Report;
use crate::error::CliError;
use crate::flags::Shared;
use crate::open;
use crate::output::{Output, escape};
use crate::progress::Meter;
use crate::prompt::{self, Ask};

impl Decrypt {
    pub(crate) async fn run(self, shared: &Shared, output: &mut Output) -> Result<(), CliError> {
        let path = escape(&self.database.to_string_lossy());
        if !self.yes && !prompt::confirm(&format!("Store {path} unencrypted?"))? {
            return Err(CliError::NotConfirmed);
        }
        let key = open::key(shared)?.resolve(Ask::Once)?;
        let meter = Meter::new(output.is_json());
        let options = MaintenanceOptions::new()
            .profile(shared.format.profile())
            .on_progress(meter.listener());
        let work = async { Ok(maintenance::decrypt(&self.database, key, &options).await?) };
        meter.watch(work).await?;
        Ok(output.report(&Report {
            done: "decrypted",
            path: self.database,
            from_version: None,
        })?)
    }
}
