//! Foreign keys that are checked at the commit, before the commit.
#![expect(unsafe_code, reason = "rusqlite has no sqlite3_db_status")]

use libsqlite3_sys as ffi;

use super::connect::Session;

impl Session {
    /// Tells whether the open transaction has broken a deferred foreign key and not mended it. An
    /// answer that SQLite does not give counts as yes.
    pub(crate) fn has_deferred_violations(&self) -> bool {
        let (mut broken, mut highest) = (0, 0);
        // SAFETY: the handle lives as long as the session and is on this thread only; both
        // pointers are to integers of this frame (https://www.sqlite.org/c3ref/db_status.html).
        let code = unsafe {
            ffi::sqlite3_db_status(
                self.sql().handle(),
                ffi::SQLITE_DBSTATUS_DEFERRED_FKS,
                &raw mut broken,
                &raw mut highest,
                0,
            )
        };
        code != ffi::SQLITE_OK || broken != 0
    }
}
