//! The verb: everything is looked at, whatever was wrong before.

use super::report::Report;
use super::settings::KeyState;
use super::{database, library, settings};
use crate::error::CliError;
use crate::flags::{Doctor, Shared};
use crate::output::Output;

impl Doctor {
    /// Prints the findings, and says whether nothing is wrong.
    pub(crate) fn run(self, shared: &Shared, output: &mut Output) -> Result<bool, CliError> {
        let mut report = Report::new();
        library::examine(&mut report);
        let config = settings::examine(shared, &mut report);
        let key = match &config {
            Some(config) => settings::examine_key(shared, config, &mut report),
            None => KeyState::Missing,
        };
        if let Some(path) = &self.database {
            database::examine(path, key, shared.format.profile(), &mut report);
        }
        output.report(&report)?;
        Ok(report.is_well())
    }
}
