//! The VFS as SQLite sees it: opening, deleting, looking, and the clock.
#![expect(unsafe_code, reason = "a VFS is a table of C functions")]

use std::ffi::{CStr, c_char, c_int};
use std::path::Path;
use std::sync::Once;
use std::sync::atomic::{AtomicI32, Ordering};

use libsqlite3_sys as ffi;

use super::fault::{Effect, FileKind, Op};
use super::file::{self, ShimFile};
use super::volume::State;
use super::{clock, names};

/// The name under which SQLite knows the VFS.
const NAME: &CStr = c"kstdb-torture";

/// Registers the VFS, once for the process; a later call changes nothing. As the default, it is used
/// by every connection that names no other.
///
/// # Errors
/// The code of SQLite, or `SQLITE_NOTFOUND` if there is no VFS to lie above.
pub(crate) fn register(as_default: bool) -> Result<(), c_int> {
    static ONCE: Once = Once::new();
    static CODE: AtomicI32 = AtomicI32::new(ffi::SQLITE_OK);
    ONCE.call_once(|| CODE.store(register_once(as_default), Ordering::Release));
    match CODE.load(Ordering::Acquire) {
        ffi::SQLITE_OK => Ok(()),
        code => Err(code),
    }
}

fn register_once(as_default: bool) -> c_int {
    // SAFETY: initializes SQLite if need be and looks in its list
    // (https://www.sqlite.org/c3ref/vfs_find.html).
    let real = unsafe { ffi::sqlite3_vfs_find(std::ptr::null()) };
    if real.is_null() {
        return ffi::SQLITE_NOTFOUND;
    }
    // SAFETY: a registered VFS is valid until it is taken away, which nobody does to the default.
    let mut shim = unsafe { *real };
    shim.iVersion = 2;
    shim.szOsFile += file::HEADER_BYTES;
    shim.pNext = std::ptr::null_mut();
    shim.zName = NAME.as_ptr();
    shim.pAppData = real.cast();
    shim.xOpen = Some(open);
    shim.xDelete = Some(delete);
    shim.xAccess = Some(access);
    shim.xFullPathname = Some(full_pathname);
    shim.xDlOpen = None;
    shim.xDlError = None;
    shim.xDlSym = None;
    shim.xDlClose = None;
    shim.xRandomness = Some(randomness);
    shim.xSleep = Some(sleep);
    shim.xCurrentTime = Some(current_time);
    shim.xGetLastError = Some(last_error);
    shim.xCurrentTimeInt64 = Some(current_time_int64);
    let default = c_int::from(as_default);
    let shim = Box::leak(Box::new(shim));
    // SAFETY: the table lives for ever (https://www.sqlite.org/c3ref/vfs_find.html).
    unsafe { ffi::sqlite3_vfs_register(shim, default) }
}

/// Calls a function of the VFS below with the same arguments.
macro_rules! below {
    ($vfs:ident, $function:ident ( $($argument:expr),* )) => {{
        // SAFETY: SQLite passes the table that `register_once` leaked.
        let real: *mut ffi::sqlite3_vfs = unsafe { (*$vfs).pAppData }.cast();
        // SAFETY: `register_once` put the VFS below there, which is valid for ever.
        match unsafe { (*real).$function } {
            // SAFETY: the arguments are those that SQLite passed for this very call.
            Some(function) => unsafe { function(real, $($argument),*) },
            None => ffi::SQLITE_ERROR,
        }
    }};
}

unsafe extern "C" fn open(
    vfs: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    let shim: *mut ShimFile = file.cast();
    // SAFETY: SQLite passes `szOsFile` bytes, which begin with a `ShimFile`. Without methods it does
    // not call `xClose` (https://www.sqlite.org/c3ref/vfs.html).
    unsafe { file::clear(shim) };
    // SAFETY: SQLite passes NULL or a C string that lives as long as the file is open.
    let path = unsafe { names::path(name) };
    let volume = path.and_then(State::of);
    let kind = FileKind::of(flags);
    if let Some((Effect::Refuse(code), _)) = volume
        .as_ref()
        .and_then(|volume| volume.strike(Op::Open, kind))
    {
        return code;
    }
    let mut recording = volume.as_ref().map(|volume| volume.recording());
    let recording = recording.as_deref_mut().and_then(Option::as_mut);
    // Whether the file is there before it is opened tells whether opening creates it.
    let new = recording
        .zip(path)
        .filter(|(recording, path)| !recording.knows(path));
    let new = new.map(|(recording, path)| (recording, path, std::fs::read(path).ok()));
    // SAFETY: the place of the file below lies behind the header, as `szOsFile` says.
    let real = unsafe { file::below(file) };
    let code = below!(vfs, xOpen(name, real, flags, out_flags));
    if code != ffi::SQLITE_OK {
        return code;
    }
    if let Some((recording, path, content)) = new {
        recording.opened(path, content);
    }
    // SAFETY: the file below is open now, and `shim` has a place for the header.
    unsafe { file::install(shim, path.map(Path::to_owned), volume.clone(), kind) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn delete(
    vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    sync_directory: c_int,
) -> c_int {
    // SAFETY: SQLite passes a C string that outlives the call.
    let path = unsafe { names::path(name) };
    let volume = path.and_then(State::of);
    let Some((path, volume)) = path.zip(volume) else {
        return below!(vfs, xDelete(name, sync_directory));
    };
    if let Some((Effect::Refuse(code), _)) = volume.strike(Op::Delete, FileKind::Other) {
        return code;
    }
    let mut recording = volume.recording();
    let code = below!(vfs, xDelete(name, 0));
    if let Some(recording) = recording.as_mut()
        && code == ffi::SQLITE_OK
    {
        recording.note(|disk| disk.deleted(path, sync_directory != 0));
    }
    code
}

unsafe extern "C" fn access(
    vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    flags: c_int,
    result: *mut c_int,
) -> c_int {
    // SAFETY: SQLite passes a C string that outlives the call.
    let volume = unsafe { names::path(name) }.and_then(State::of);
    match volume.and_then(|volume| volume.strike(Op::Access, FileKind::Other)) {
        Some((Effect::Refuse(code), _)) => code,
        _ => below!(vfs, xAccess(name, flags, result)),
    }
}

unsafe extern "C" fn full_pathname(
    vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    length: c_int,
    out: *mut c_char,
) -> c_int {
    below!(vfs, xFullPathname(name, length, out))
}

unsafe extern "C" fn randomness(
    vfs: *mut ffi::sqlite3_vfs,
    length: c_int,
    out: *mut c_char,
) -> c_int {
    below!(vfs, xRandomness(length, out))
}

unsafe extern "C" fn sleep(vfs: *mut ffi::sqlite3_vfs, microseconds: c_int) -> c_int {
    below!(vfs, xSleep(microseconds))
}

unsafe extern "C" fn last_error(
    vfs: *mut ffi::sqlite3_vfs,
    length: c_int,
    out: *mut c_char,
) -> c_int {
    below!(vfs, xGetLastError(length, out))
}

unsafe extern "C" fn current_time(vfs: *mut ffi::sqlite3_vfs, days: *mut f64) -> c_int {
    const MS_PER_DAY: f64 = 86_400_000.0;
    let mut now_ms = 0;
    // SAFETY: SQLite passes the registered table, and `now_ms` is a place for the result.
    let code = unsafe { current_time_int64(vfs, &raw mut now_ms) };
    // SAFETY: SQLite passes a place for the result.
    unsafe { *days = as_f64(now_ms) / MS_PER_DAY };
    code
}

#[expect(
    clippy::cast_precision_loss,
    reason = "days are a float in this old function"
)]
fn as_f64(milliseconds: i64) -> f64 {
    milliseconds as f64
}

unsafe extern "C" fn current_time_int64(
    vfs: *mut ffi::sqlite3_vfs,
    now_ms: *mut ffi::sqlite3_int64,
) -> c_int {
    let code = below!(vfs, xCurrentTimeInt64(now_ms));
    // SAFETY: SQLite passes a place for the result, which the VFS below has filled.
    unsafe { *now_ms += clock::ahead_ms() };
    code
}
