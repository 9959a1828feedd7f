//! Open files: each call goes to the file below, unless a fault strikes.
#![expect(
    unsafe_code,
    reason = "a file is a table of C functions over memory of SQLite"
)]

use std::ffi::{c_int, c_void};
use std::path::PathBuf;
use std::sync::Arc;

use libsqlite3_sys as ffi;

use super::fault::{Effect, FileKind, Op};
use super::volume::State;

/// What SQLite takes for a file: this header, and behind it the file of the VFS below.
#[repr(C)]
pub(super) struct ShimFile {
    base: ffi::sqlite3_file,
    watched: *mut Watched,
}

/// How many bytes more than the file below a file needs.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "two pointers"
)]
pub(super) const HEADER_BYTES: c_int = size_of::<ShimFile>() as c_int;

/// What is known of a file.
struct Watched {
    path: Option<PathBuf>,
    volume: Option<Arc<State>>,
    kind: FileKind,
}

impl Watched {
    fn strike(&self, op: Op) -> Option<(Effect, u64)> {
        self.volume.as_ref()?.strike(op, self.kind)
    }

    /// Runs a change below and, if it succeeds, notes it. Images are made before or after it.
    fn change(
        &self,
        run: impl FnOnce() -> c_int,
        note: impl FnOnce(&mut super::disk::Disk, &std::path::Path),
    ) -> c_int {
        let Some((volume, path)) = self.volume.as_ref().zip(self.path.as_deref()) else {
            return run();
        };
        let mut recording = volume.recording();
        let code = run();
        if let Some(recording) = recording.as_mut()
            && code == ffi::SQLITE_OK
        {
            recording.note(|disk| note(disk, path));
        }
        code
    }
}

/// Calls a function of the file below.
macro_rules! below {
    ($file:ident, $function:ident ( $($argument:expr),* )) => {{
        // SAFETY: SQLite passes a file that `open` has set up.
        let real = unsafe { below($file) };
        // SAFETY: `open` has opened the file below, so it has methods that live for ever.
        match unsafe { (*(*real).pMethods).$function } {
            // SAFETY: the arguments are those that SQLite passed for this very call, or part of
            // the same buffer.
            Some(function) => unsafe { function(real, $($argument),*) },
            None => ffi::SQLITE_IOERR,
        }
    }};
}

/// The file of the VFS below.
///
/// # Safety
/// `file` is memory of `szOsFile` bytes, as SQLite passes it.
pub(super) unsafe fn below(file: *mut ffi::sqlite3_file) -> *mut ffi::sqlite3_file {
    // SAFETY: the header is shorter than `szOsFile`.
    unsafe { file.byte_add(size_of::<ShimFile>()) }
}

/// Makes the header that of a file that is not open.
///
/// # Safety
/// `shim` is valid for writing.
pub(super) unsafe fn clear(shim: *mut ShimFile) {
    let closed = ShimFile {
        base: ffi::sqlite3_file {
            pMethods: std::ptr::null(),
        },
        watched: std::ptr::null_mut(),
    };
    // SAFETY: the caller vouches for the place.
    unsafe { shim.write(closed) };
}

/// Makes the header that of an open file.
///
/// # Safety
/// `shim` is valid for writing, and the file below is open.
pub(super) unsafe fn install(
    shim: *mut ShimFile,
    path: Option<PathBuf>,
    volume: Option<Arc<State>>,
    kind: FileKind,
) {
    let watched = Watched { path, volume, kind };
    let open = ShimFile {
        base: ffi::sqlite3_file {
            pMethods: &raw const METHODS,
        },
        watched: Box::into_raw(Box::new(watched)),
    };
    // SAFETY: the caller vouches for the place; what `clear` wrote there needs no drop.
    unsafe { shim.write(open) };
}

/// What is known of an open file.
///
/// # Safety
/// `file` was set up by `install` and is not closed during `'a`.
unsafe fn watched<'a>(file: *mut ffi::sqlite3_file) -> &'a Watched {
    // SAFETY: the caller vouches for the file, which begins with the header.
    let watched = unsafe { (*file.cast::<ShimFile>()).watched };
    // SAFETY: `install` put a box there, which `close` alone takes away.
    unsafe { &*watched }
}

/// Version 2: with shared memory for the WAL, without memory mapping, which would go round faults.
static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    let code = below!(file, xClose());
    let shim: *mut ShimFile = file.cast();
    // SAFETY: SQLite passes an open file, which begins with the header.
    let watched = unsafe { (*shim).watched };
    // SAFETY: `install` made the box, and SQLite closes a file once.
    drop(unsafe { Box::from_raw(watched) });
    // SAFETY: the memory is SQLite's until it frees it after this call.
    unsafe { clear(shim) };
    code
}

unsafe extern "C" fn read(
    file: *mut ffi::sqlite3_file,
    buffer: *mut c_void,
    amount: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: SQLite passes an open file.
    let strike = unsafe { watched(file) }.strike(Op::Read);
    if let Some((Effect::Refuse(code), _)) = strike {
        return code;
    }
    let code = below!(file, xRead(buffer, amount, offset));
    let Some((effect, number)) = strike.filter(|_| code == ffi::SQLITE_OK) else {
        return code;
    };
    let length = usize::try_from(amount).unwrap_or(0);
    // SAFETY: SQLite passes a buffer of `amount` bytes, which the call below has filled.
    let bytes = unsafe { std::slice::from_raw_parts_mut(buffer.cast::<u8>(), length) };
    if effect == Effect::ShortRead {
        bytes[length / 2..].fill(0);
        return ffi::SQLITE_IOERR_SHORT_READ;
    }
    // Another place each time.
    let at = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 16;
    let place = usize::try_from(at).unwrap_or(0) % length.max(1);
    if let Some(byte) = bytes.get_mut(place) {
        *byte ^= 1 << (at % 8);
    }
    code
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    buffer: *const c_void,
    amount: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: SQLite passes an open file.
    let watched = unsafe { watched(file) };
    let amount = match watched.strike(Op::Write) {
        None => amount,
        Some((Effect::Refuse(code), _)) => return code,
        Some(_) => {
            let code = write_below(file, watched, buffer, amount / 2, offset);
            return if code == ffi::SQLITE_OK {
                ffi::SQLITE_FULL
            } else {
                code
            };
        }
    };
    write_below(file, watched, buffer, amount, offset)
}

/// Writes so many bytes of a buffer that SQLite passed for at least as many.
fn write_below(
    file: *mut ffi::sqlite3_file,
    watched: &Watched,
    buffer: *const c_void,
    amount: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    let length = usize::try_from(amount).unwrap_or(0);
    let at = usize::try_from(offset).unwrap_or(0);
    // SAFETY: SQLite passes a buffer of at least `amount` bytes.
    let bytes = unsafe { std::slice::from_raw_parts(buffer.cast::<u8>(), length) };
    watched.change(
        || below!(file, xWrite(buffer, amount, offset)),
        |disk, path| disk.wrote(path, at, bytes),
    )
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: ffi::sqlite3_int64) -> c_int {
    // SAFETY: SQLite passes an open file.
    let watched = unsafe { watched(file) };
    if let Some((Effect::Refuse(code), _)) = watched.strike(Op::Truncate) {
        return code;
    }
    watched.change(
        || below!(file, xTruncate(size)),
        |disk, path| disk.truncated(path, usize::try_from(size).unwrap_or(0)),
    )
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    // SAFETY: SQLite passes an open file.
    let watched = unsafe { watched(file) };
    if let Some((Effect::Refuse(code), _)) = watched.strike(Op::Sync) {
        return code;
    }
    let real = || {
        if watched.volume.is_some() {
            ffi::SQLITE_OK
        } else {
            below!(file, xSync(flags))
        }
    };
    watched.change(real, |disk, path| disk.synced(path))
}

unsafe extern "C" fn file_size(
    file: *mut ffi::sqlite3_file,
    size: *mut ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: SQLite passes an open file.
    match unsafe { watched(file) }.strike(Op::FileSize) {
        Some((Effect::Refuse(code), _)) => code,
        _ => below!(file, xFileSize(size)),
    }
}

unsafe extern "C" fn lock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    below!(file, xLock(level))
}

unsafe extern "C" fn unlock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    below!(file, xUnlock(level))
}

unsafe extern "C" fn check_reserved_lock(
    file: *mut ffi::sqlite3_file,
    result: *mut c_int,
) -> c_int {
    below!(file, xCheckReservedLock(result))
}

unsafe extern "C" fn file_control(
    file: *mut ffi::sqlite3_file,
    operation: c_int,
    argument: *mut c_void,
) -> c_int {
    below!(file, xFileControl(operation, argument))
}

unsafe extern "C" fn sector_size(file: *mut ffi::sqlite3_file) -> c_int {
    below!(file, xSectorSize())
}

unsafe extern "C" fn device_characteristics(file: *mut ffi::sqlite3_file) -> c_int {
    below!(file, xDeviceCharacteristics())
}

unsafe extern "C" fn shm_map(
    file: *mut ffi::sqlite3_file,
    page: c_int,
    page_size: c_int,
    extend: c_int,
    memory: *mut *mut c_void,
) -> c_int {
    // SAFETY: SQLite passes an open file.
    match unsafe { watched(file) }.strike(Op::ShmMap) {
        Some((Effect::Refuse(code), _)) => code,
        _ => below!(file, xShmMap(page, page_size, extend, memory)),
    }
}

unsafe extern "C" fn shm_lock(
    file: *mut ffi::sqlite3_file,
    offset: c_int,
    count: c_int,
    flags: c_int,
) -> c_int {
    below!(file, xShmLock(offset, count, flags))
}

unsafe extern "C" fn shm_barrier(file: *mut ffi::sqlite3_file) {
    // SAFETY: SQLite passes a file that `open` has set up.
    let real = unsafe { below(file) };
    // SAFETY: `open` has opened the file below, so it has methods that live for ever.
    if let Some(barrier) = unsafe { (*(*real).pMethods).xShmBarrier } {
        // SAFETY: it takes the file and nothing else.
        unsafe { barrier(real) };
    }
}

unsafe extern "C" fn shm_unmap(file: *mut ffi::sqlite3_file, delete: c_int) -> c_int {
    below!(file, xShmUnmap(delete))
}
