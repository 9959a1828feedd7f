//! One case, and how most of them are opened.

use std::path::Path;

use kstdb_core::{AsyncDatabase, DatabaseBuilder, DbConfig};

use crate::file_states::databases::{PASSPHRASE, db};
use crate::support::{TestResult, raw_key};

/// What there is and what must come of it.
pub(in crate::file_states) struct Case {
    pub(in crate::file_states) name: &'static str,
    pub(in crate::file_states) prepare: fn(&Path) -> TestResult,
    pub(in crate::file_states) open: fn(&Path) -> DatabaseBuilder,
    /// The variants of the error, from the outside in.
    pub(in crate::file_states) error: &'static str,
    /// The questions that the error answers with yes.
    pub(in crate::file_states) yes: &'static [&'static str],
}

/// No settings of the machine, no key, no second attempt.
pub(super) fn bare(directory: &Path) -> DatabaseBuilder {
    AsyncDatabase::builder(db(directory))
        .config(DbConfig::default())
        .max_attempts(1)
}

pub(super) fn right(directory: &Path) -> DatabaseBuilder {
    bare(directory).key(raw_key(7))
}

pub(super) fn passphrase(directory: &Path) -> DatabaseBuilder {
    bare(directory).passphrase(PASSPHRASE)
}

/// Writes a case in one line.
pub(super) const fn case(
    name: &'static str,
    prepare: fn(&Path) -> TestResult,
    open: fn(&Path) -> DatabaseBuilder,
    error: &'static str,
    yes: &'static [&'static str],
) -> Case {
    Case {
        name,
        prepare,
        open,
        error,
        yes,
    }
}
