//! The authorizer: sees what each statement of a session would do while it is prepared.
//!
//! It refuses what would change the key or the schema behind kstdb's back, and notes what changes
//! the settings of the connection, so that such a session is replaced instead of reused.
#![expect(unsafe_code, reason = "sqlite3_set_authorizer takes a C callback")]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use libsqlite3_sys as ffi;

use super::pragma::{ONLY_READS, Verdict, judge};
use crate::open::OpenMode;

/// What the statements of one session did or tried.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    encrypted: bool,
    mode: OpenMode,
    changed_settings: AtomicBool,
    refused: Mutex<Option<(String, &'static str)>>,
}

impl Watch {
    pub(super) fn new(encrypted: bool, mode: OpenMode) -> Self {
        Self {
            encrypted,
            mode,
            ..Self::default()
        }
    }

    /// Tells whether a statement was prepared that changes the settings of the connection.
    pub(crate) fn has_changed_settings(&self) -> bool {
        self.changed_settings.load(Ordering::Acquire)
    }

    /// Takes the name of what was refused since the last call, with what to use in its place.
    pub(crate) fn take_refused(&self) -> Option<(String, &'static str)> {
        self.refused
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    fn refuse(&self, what: &str, instead: &'static str) -> c_int {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        *refused = Some((what.to_owned(), instead));
        ffi::SQLITE_DENY
    }

    fn authorize(&self, action: c_int, first: Option<&str>, second: Option<&str>) -> c_int {
        match action {
            ffi::SQLITE_PRAGMA => {
                let pragma = first.unwrap_or_default().to_ascii_lowercase();
                match judge(&pragma, second, self.encrypted, self.mode) {
                    Verdict::Reads => {}
                    Verdict::Changes => self.changed_settings.store(true, Ordering::Release),
                    Verdict::Refused(instead) => {
                        return self.refuse(&format!("PRAGMA {pragma}"), instead);
                    }
                }
            }
            ffi::SQLITE_ATTACH => {
                // Of VACUUM, too, which writes although the connection only queries.
                if self.mode.only_reads() {
                    return self.refuse("ATTACH or VACUUM", ONLY_READS);
                }
                // VACUUM attaches a nameless database, which is in memory, and cannot be told from
                // a user who does.
                if self.encrypted && first != Some("") {
                    let instead = "its KEY clause would put a key, or plaintext, in reach of SQL; \
                                   for a copy use `backup`";
                    return self.refuse("ATTACH", instead);
                }
                self.changed_settings.store(true, Ordering::Release);
            }
            ffi::SQLITE_CREATE_TEMP_TABLE
            | ffi::SQLITE_CREATE_TEMP_INDEX
            | ffi::SQLITE_CREATE_TEMP_TRIGGER
            | ffi::SQLITE_CREATE_TEMP_VIEW => {
                self.changed_settings.store(true, Ordering::Release);
            }
            ffi::SQLITE_FUNCTION
                if second.is_some_and(|name| name.eq_ignore_ascii_case("sqlcipher_export")) =>
            {
                return self.refuse(
                    "sqlcipher_export",
                    "it could write the database unencrypted",
                );
            }
            _ => {}
        }
        ffi::SQLITE_OK
    }
}

/// The authorizer of one handle, removed when dropped.
#[derive(Debug)]
pub(super) struct Authorizer {
    handle: *mut ffi::sqlite3,
    watch: Arc<Watch>,
}

// SAFETY: the pointer is used in `install` and `drop` only, each time by the one owner of the
// session; SQLite's handle may move between threads that use it one after another
// (https://www.sqlite.org/threadsafe.html).
unsafe impl Send for Authorizer {}

impl Authorizer {
    /// Installs the authorizer on the handle of `connection`.
    pub(super) fn install(connection: &rusqlite::Connection, watch: Arc<Watch>) -> Self {
        // SAFETY: the handle is not closed here, and the session that owns this value drops it
        // before the handle (https://www.sqlite.org/c3ref/set_authorizer.html).
        let handle = unsafe { connection.handle() };
        let user_data = Arc::as_ptr(&watch).cast_mut().cast::<c_void>();
        // SAFETY: `user_data` points into an Arc that this value keeps alive, and `drop` takes the
        // callback away before it lets the Arc go.
        unsafe { ffi::sqlite3_set_authorizer(handle, Some(authorize), user_data) };
        Self { handle, watch }
    }

    pub(super) fn watch(&self) -> &Watch {
        &self.watch
    }
}

impl Drop for Authorizer {
    fn drop(&mut self) {
        // SAFETY: the session drops this value before the connection that owns the handle.
        unsafe { ffi::sqlite3_set_authorizer(self.handle, None, std::ptr::null_mut()) };
    }
}

unsafe extern "C" fn authorize(
    user_data: *mut c_void,
    action: c_int,
    first: *const c_char,
    second: *const c_char,
    _database: *const c_char,
    _trigger: *const c_char,
) -> c_int {
    // SAFETY: `install` passed a pointer to a `Watch` that lives as long as the callback is set.
    let watch = unsafe { &*user_data.cast::<Watch>() };
    // SAFETY: SQLite passes NULL or a string that lives as long as this call.
    let first = unsafe { text(first) };
    // SAFETY: as above.
    let second = unsafe { text(second) };
    catch_unwind(AssertUnwindSafe(|| watch.authorize(action, first, second)))
        .unwrap_or(ffi::SQLITE_DENY)
}

/// Borrows a C string; `None` for NULL and for text that is not UTF-8.
///
/// # Safety
/// `pointer` is NULL or points to a NUL-terminated string that outlives `'a`.
unsafe fn text<'a>(pointer: *const c_char) -> Option<&'a str> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: the caller vouches for the string.
    let text = unsafe { CStr::from_ptr(pointer) };
    text.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched(encrypted: bool) -> rusqlite::Result<(rusqlite::Connection, Authorizer)> {
        let connection = rusqlite::Connection::open_in_memory()?;
        let authorizer = Authorizer::install(
            &connection,
            Arc::new(Watch::new(encrypted, OpenMode::ReadWrite)),
        );
        Ok((connection, authorizer))
    }

    #[test]
    fn a_changed_setting_is_noticed_and_a_read_one_is_not() -> rusqlite::Result<()> {
        let (connection, authorizer) = watched(false)?;
        connection.prepare("PRAGMA foreign_keys")?;
        connection.prepare("PRAGMA user_version = 7")?;
        assert!(!authorizer.watch().has_changed_settings());
        connection.prepare("PRAGMA foreign_keys = OFF")?;
        assert!(authorizer.watch().has_changed_settings());
        Ok(())
    }

    #[test]
    fn key_statements_are_refused_by_name() -> rusqlite::Result<()> {
        let (connection, authorizer) = watched(true)?;
        for sql in [
            "PRAGMA key = 'x'",
            "PRAGMA rekey = 'x'",
            "PRAGMA cipher_page_size = 1024",
        ] {
            assert!(connection.prepare(sql).is_err(), "{sql}");
            let refused = authorizer.watch().take_refused().map(|(what, _)| what);
            assert!(refused.is_some_and(|what| sql.starts_with(&what)), "{sql}");
        }
        connection.prepare("PRAGMA cipher_version")?;
        Ok(())
    }

    #[test]
    fn attach_is_refused_only_where_there_is_a_key_to_lose() -> rusqlite::Result<()> {
        let (connection, authorizer) = watched(true)?;
        assert!(connection.prepare("ATTACH ':memory:' AS other").is_err());
        assert!(authorizer.watch().take_refused().is_some());
        connection.execute_batch("VACUUM")?;
        let (connection, authorizer) = watched(false)?;
        connection.execute_batch("ATTACH ':memory:' AS other")?;
        assert!(authorizer.watch().has_changed_settings());
        Ok(())
    }

    #[test]
    fn a_dropped_authorizer_leaves_no_callback_behind() -> rusqlite::Result<()> {
        let (connection, authorizer) = watched(true)?;
        drop(authorizer);
        connection.execute_batch("ATTACH ':memory:' AS other")
    }
}
