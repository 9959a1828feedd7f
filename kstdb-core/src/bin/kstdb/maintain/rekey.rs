//! `kstdb rekey`: another key for a database.

use kstdb_core::maintenance::RekeyOptions;

use super::Rekey;
use super::report::Report;
use crate::error::CliError;
use crate::flags::Shared;
use crate::key::Key;
use crate::open;
use crate::output::Output;
use crate::progress::Meter;
use crate::prompt::{self, Ask};

impl Rekey {
    pub(crate) async fn run(self, shared: &Shared, output: &mut Output) -> Result<(), CliError> {
        let new_key = match Key::named(&self.new_key.into_key_flags(), &open::settings(shared)?) {
            Some(key) => key,
            None if prompt::is_possible() => Key::NewPrompt,
            None => return Err(CliError::NoNewKey),
        };
        // The old key is asked for first.
        let db = open::existing(shared, &self.database).await?;
        let meter = Meter::new(output.is_json());
        open::closing(db, async |db| {
            let new_key = new_key.resolve(Ask::Twice)?;
            let options = RekeyOptions::new().on_progress(meter.listener());
            let options = match self.new_format.profile(shared.format.profile()) {
                Some(profile) => options.profile(profile),
                None => options,
            };
            let work = async { Ok(db.rekey_with(new_key, &options).await?) };
            meter.watch(work).await
        })
        .await?;
        Ok(output.report(&Report {
            done: "rekeyed",
            path: self.database,
            from_version: None,
        })?)
    }
}
