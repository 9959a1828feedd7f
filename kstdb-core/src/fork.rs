//! What a forked process needs to be able to end.
//!
//! `fork` copies locks as they are: one that another thread held in that moment is held in the child
//! for ever. SQLCipher's exit handler frees memory, for which SQLite has one lock, and the child
//! would wait for it instead of ending. So it is held over every fork, by the thread that forks.
#![expect(
    unsafe_code,
    reason = "pthread_atfork and the locks of SQLite are C functions"
)]

use std::sync::Once;

use libsqlite3_sys as ffi;

/// Holds the lock of SQLite's memory over every fork from now on.
pub(crate) fn hold_memory_lock() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: the handlers take nothing, do not unwind, and live as long as the program
        // (https://pubs.opengroup.org/onlinepubs/9799919799/functions/pthread_atfork.html).
        if unsafe { libc::pthread_atfork(Some(enter), Some(leave), Some(leave)) } != 0 {
            tracing::debug!("no handler for forks");
        }
    });
}

/// In the parent, before the fork.
extern "C" fn enter() {
    // SAFETY: the lock is one of SQLite's own, or NULL, which does nothing
    // (https://www.sqlite.org/c3ref/mutex_alloc.html).
    unsafe { ffi::sqlite3_mutex_enter(memory_lock()) }
}

/// In both, after the fork, on the thread that holds it.
extern "C" fn leave() {
    // SAFETY: `enter` has taken it on this thread, of which the child has a copy.
    unsafe { ffi::sqlite3_mutex_leave(memory_lock()) }
}

fn memory_lock() -> *mut ffi::sqlite3_mutex {
    // SAFETY: a static lock, which is never freed; asking for it again gives the same one.
    unsafe { ffi::sqlite3_mutex_alloc(ffi::SQLITE_MUTEX_STATIC_MEM) }
}
