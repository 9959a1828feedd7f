//! Names of files as SQLite passes them.
#![expect(unsafe_code, reason = "SQLite passes names as C strings")]

use std::ffi::{CStr, OsStr, c_char};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// The path that SQLite named; `None` for a temporary file, which has no name.
///
/// # Safety
/// `name` is NULL or a C string that outlives `'a`.
pub(super) unsafe fn path<'a>(name: *const c_char) -> Option<&'a Path> {
    if name.is_null() {
        return None;
    }
    // SAFETY: not NULL, and the caller vouches for the string.
    let name = unsafe { CStr::from_ptr(name) };
    Some(Path::new(OsStr::from_bytes(name.to_bytes())))
}
