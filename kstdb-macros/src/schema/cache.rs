//! The schemas of a compiler process, each built once.
//!
//! rustc's process ends with the crate; that of rust-analyzer stays, so a folder that has changed
//! is read again. Looking at names, sizes and times costs a fraction of reading.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use super::build::Schema;
use crate::migrations::{self, Folder, Migration};

/// Why there is no schema: all that is wrong, in words.
pub(crate) type Faults = Vec<String>;

/// What a folder looked like when it was read.
type Stamp = Vec<(PathBuf, u64, Option<SystemTime>)>;

struct Entry {
    stamp: Stamp,
    schema: Result<(Schema, Vec<String>), Faults>,
}

static SCHEMAS: Mutex<Option<HashMap<PathBuf, Entry>>> = Mutex::new(None);

/// Runs `work` on the schema of a folder and the paths of its migrations.
///
/// # Errors
/// - what is wrong with the folder or its migrations; the same for every query that asks.
pub(crate) fn with_schema<T>(
    folder: &Folder,
    work: impl FnOnce(&Schema, &[String]) -> T,
) -> Result<T, Faults> {
    let mut schemas = SCHEMAS.lock().unwrap_or_else(PoisonError::into_inner);
    let schemas = schemas.get_or_insert_default();
    let stamp = stamp(&folder.path);
    if schemas
        .get(&folder.path)
        .is_none_or(|entry| entry.stamp != stamp)
    {
        let schema = build(folder);
        schemas.insert(folder.path.clone(), Entry { stamp, schema });
    }
    match schemas.get(&folder.path).map(|entry| &entry.schema) {
        Some(Ok((schema, paths))) => Ok(work(schema, paths)),
        Some(Err(faults)) => Err(faults.clone()),
        None => Err(Vec::new()),
    }
}

fn build(folder: &Folder) -> Result<(Schema, Vec<String>), Faults> {
    let migrations: Vec<Migration> = migrations::read(folder).map_err(|faults| {
        faults
            .iter()
            .map(|fault| crate::errors::with_causes(fault))
            .collect::<Faults>()
    })?;
    let schema = Schema::build(&migrations).map_err(|fault| vec![fault.to_string()])?;
    let paths = migrations
        .into_iter()
        .map(|migration| migration.path)
        .collect();
    Ok((schema, paths))
}

fn stamp(folder: &Path) -> Stamp {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut stamp: Stamp = entries
        .map(|entry| {
            // Through links: what a link leads to can change alone.
            let metadata = fs::metadata(entry.path()).ok();
            let length = metadata.as_ref().map_or(0, fs::Metadata::len);
            (
                entry.path(),
                length,
                metadata.and_then(|metadata| metadata.modified().ok()),
            )
        })
        .collect();
    stamp.sort();
    stamp
}
