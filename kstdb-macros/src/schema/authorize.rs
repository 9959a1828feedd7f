//! What a statement may do while compiling, and which columns it reads.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

/// Compiling writes no file: nothing reaches beyond the database in memory.
pub(super) fn allow(context: AuthContext<'_>) -> Authorization {
    match context.action {
        // VACUUM attaches a nameless temporary database.
        AuthAction::Attach { filename } if !filename.is_empty() => Authorization::Deny,
        _ => Authorization::Allow,
    }
}

/// Table and column of all that the statements read which were prepared last: SQLite's own names,
/// whatever a statement calls them.
#[derive(Clone, Debug, Default)]
pub(super) struct Reads(Arc<Mutex<HashSet<(String, String)>>>);

impl Reads {
    /// Listens to a database, in the place of [`allow`] alone.
    pub(super) fn of(database: &Connection) -> rusqlite::Result<Self> {
        let reads = Self::default();
        let noted = reads.clone();
        database.authorizer(Some(move |context: AuthContext<'_>| {
            if let AuthAction::Read {
                table_name,
                column_name,
            } = context.action
            {
                let read = (table_name.to_owned(), column_name.to_owned());
                noted.with(|reads| reads.insert(read));
            }
            allow(context)
        }))?;
        Ok(reads)
    }

    pub(super) fn forget(&self) {
        self.with(HashSet::clear);
    }

    pub(super) fn any_of(&self, columns: &HashSet<(String, String)>) -> bool {
        self.with(|reads| !reads.is_disjoint(columns))
    }

    fn with<T>(&self, work: impl FnOnce(&mut HashSet<(String, String)>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
