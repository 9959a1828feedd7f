//! `kstdb backup`: a verified copy of a database that may be in use.

use std::fmt;
use std::path::PathBuf;

use kstdb_core::maintenance::BackupOptions;
use serde::Serialize;

use super::Backup;
use crate::error::CliError;
use crate::flags::Shared;
use crate::key::Key;
use crate::open;
use crate::output::{Output, escape};
use crate::progress::Meter;
use crate::prompt::Ask;

#[derive(Serialize)]
struct Report {
    path: PathBuf,
    size_bytes: u64,
    pages: u64,
}

impl Backup {
    pub(crate) async fn run(self, shared: &Shared, output: &mut Output) -> Result<(), CliError> {
        let new_key = Key::named(&self.new_key.into_key_flags(), &open::settings(shared)?);
        let db = open::for_reading(shared, &self.database).await?;
        let meter = Meter::new(output.is_json());
        let done = open::closing(db, async |db| {
            let options = BackupOptions::new()
                .overwrite(self.overwrite)
                .on_progress(meter.listener());
            let options = match new_key {
                Some(key) => options.key(key.resolve(Ask::Twice)?),
                None => options,
            };
            let work = async { Ok(db.backup_with(&self.target, &options).await?) };
            meter.watch(work).await
        })
        .await?;
        Ok(output.report(&Report {
            path: done.path,
            size_bytes: done.size_bytes,
            pages: done.pages,
        })?)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            path,
            size_bytes,
            pages,
        } = self;
        let path = escape(&path.to_string_lossy());
        writeln!(f, "{path}: {pages} pages, {size_bytes} bytes, verified")
    }
}
