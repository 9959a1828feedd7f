//! The verb: one snapshot, in the form that was asked for.

use super::{json, script};
use crate::error::CliError;
use crate::flags::{Dump, Shared};
use crate::open;
use crate::output::Output;

impl Dump {
    pub(crate) async fn run(self, shared: &Shared, output: &mut Output) -> Result<(), CliError> {
        let db = open::for_reading(shared, &self.database).await?;
        open::closing(db, async |db| {
            let mut connection = open::snapshot(db).await?;
            if output.is_json() {
                json::print(&mut connection, output).await
            } else {
                script::print(&mut connection, output).await
            }
        })
        .await
    }
}
