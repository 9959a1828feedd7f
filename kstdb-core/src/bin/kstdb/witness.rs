//! A file that is read without locks, and must not change while it is.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use kstdb_core::cipher::inspect;

use crate::error::CliError;

/// What shows that somebody has written to a file, as it was before it was read.
#[derive(Debug)]
pub(crate) struct Witness {
    path: PathBuf,
    seen: Seen,
}

#[derive(Debug, PartialEq, Eq)]
struct Seen {
    modified: Option<SystemTime>,
    size_bytes: u64,
    /// A writer keeps one of them for as long as it is at work.
    has_log: bool,
}

impl Witness {
    /// Looks at a file that cannot be read with locks: there is no log, and none can be created beside
    /// it. `None` for any other.
    pub(crate) fn where_needed(path: &Path) -> Result<Option<Self>, CliError> {
        if path == Path::new(":memory:") || inspect(path)?.may_create_sidecars {
            return Ok(None);
        }
        let seen = Seen::of(path)?;
        Ok((!seen.has_log).then(|| Self {
            path: path.to_owned(),
            seen,
        }))
    }

    /// Says whether the file is still what it was.
    pub(crate) fn check(&self) -> Result<(), CliError> {
        if Seen::of(&self.path)? == self.seen {
            return Ok(());
        }
        Err(CliError::ChangedMeanwhile {
            path: self.path.clone(),
        })
    }
}

impl Seen {
    fn of(path: &Path) -> Result<Self, CliError> {
        let report = inspect(path)?;
        let metadata = report.target.metadata();
        Ok(Self {
            modified: metadata.and_then(|file| file.modified()).ok(),
            size_bytes: report.size_bytes,
            has_log: report.sidecars.wal.present || report.sidecars.journal.present,
        })
    }
}
