//! What a verification found.

use std::fmt;
use std::path::PathBuf;

use kstdb_cipher::PageReport;

/// Says what a verification found. Damage is a result and not an error.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifyReport {
    /// The file.
    pub path: PathBuf,
    /// The pages and the write-ahead log; `None` if the database is not encrypted, since its pages
    /// carry nothing that they could be checked against.
    pub pages: Option<PageReport>,
    /// What `integrity_check` said, every row but `ok`, and why `foreign_key_check` could not look,
    /// if so; `None` if they were not asked.
    ///
    /// It is not asked if pages are damaged: a connection that has met one calls sound pages
    /// damaged, too.
    pub integrity: Option<Vec<String>>,
    /// The rows whose foreign keys lead nowhere; `None` if nobody looked.
    pub foreign_keys: Option<Vec<BrokenReference>>,
    /// What `cipher_integrity_check` said, every row; `None` if it was not asked.
    pub cipher: Option<Vec<String>>,
}

/// Names a row whose foreign key leads nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BrokenReference {
    /// The table of the row.
    pub table: String,
    /// The row; `None` in a table WITHOUT ROWID.
    pub rowid: Option<i64>,
    /// The table that the key should lead to.
    pub parent: String,
    /// The number of the constraint, as in
    /// [`PRAGMA foreign_key_list`](https://www.sqlite.org/pragma.html#pragma_foreign_key_list).
    pub constraint: i64,
}

impl VerifyReport {
    /// Tells whether nothing wrong was found.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.findings().next().is_none()
    }

    /// Gives everything that is wrong, a line each: damaged pages first.
    pub fn findings(&self) -> impl Iterator<Item = String> {
        let pages = self.pages.iter().flat_map(|pages| &pages.damaged);
        let wal = self.pages.iter().filter_map(|pages| pages.wal.as_ref());
        let frames = wal.flat_map(|wal| &wal.damaged);
        let said = |rows: &Option<Vec<String>>| rows.clone().unwrap_or_default();
        let references = self.foreign_keys.iter().flatten();
        pages
            .map(ToString::to_string)
            .chain(frames.map(ToString::to_string))
            .chain(said(&self.cipher))
            .chain(said(&self.integrity))
            .chain(references.map(ToString::to_string))
    }
}

impl fmt::Display for BrokenReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            table,
            rowid,
            parent,
            constraint,
        } = self;
        match rowid {
            Some(rowid) => write!(f, "row {rowid} of {table}")?,
            None => write!(f, "a row of {table}")?,
        }
        write!(f, ": foreign key {constraint} finds no row of {parent}")
    }
}
