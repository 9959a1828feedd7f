//! Threads that may touch SQLite, and what becomes of them when the process ends.
//!
//! Leaving by `exit`, or by returning from `main` with a runtime still at work, runs exit handlers
//! while other threads go on. Those of SQLCipher and of its cryptographic library take away what a
//! thread in the middle of a page uses, and the process would end with SIGSEGV. So the last pool's
//! handler runs before theirs: it stops the statements that run, waits until no thread is inside
//! SQLite, and lets none in again. Nothing is lost that was acknowledged.
#![expect(unsafe_code, reason = "atexit is a C function")]

use std::cell::Cell;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

/// How long the end of the process waits for a thread that does not stop: one in a function of the
/// application, or one that waits for a lock of another process.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// Threads inside SQLite.
static AT_WORK: AtomicUsize = AtomicUsize::new(0);
static ENDING: AtomicBool = AtomicBool::new(false);
/// The process that the handler is for: a forked one has other threads.
static PROCESS: AtomicU32 = AtomicU32::new(0);

thread_local! {
    /// Whether this thread is one of them.
    static HERE: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work` where blocking is allowed. Everything that touches SQLite in a hop of its own runs
/// through here.
pub(crate) fn spawn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    let span = tracing::Span::current();
    tokio::task::spawn_blocking(move || span.in_scope(|| here(work)))
}

/// Runs `work` on this thread, which it does not keep for long.
pub(crate) fn here<T>(work: impl FnOnce() -> T) -> T {
    enter();
    let _inside = Inside;
    work()
}

/// Runs `work` on a thread of its own, without a runtime: the closing of a connection that nobody
/// waits for. Once the process ends it does not begin.
pub(crate) fn aside(work: impl FnOnce() + Send + 'static) {
    // Counted before it is asked, as in `enter`: the handler either waits or has been seen.
    AT_WORK.fetch_add(1, Ordering::SeqCst);
    if ENDING.load(Ordering::SeqCst) {
        AT_WORK.fetch_sub(1, Ordering::SeqCst);
        return leave_alone(work);
    }
    let counted = Inside;
    let started = std::thread::Builder::new()
        .name("kstdb-close".to_owned())
        .spawn(move || {
            let _inside = counted;
            work();
        });
    if let Err(error) = started {
        tracing::debug!(%error, "a connection closes unattended");
    }
}

#[expect(clippy::mem_forget, reason = "its memory goes with the process")]
fn leave_alone<T>(work: T) {
    std::mem::forget(work);
}

/// Work on a thread of sqlx's, which ends by itself; `None` once the process ends.
pub(crate) fn elsewhere() -> Option<Elsewhere> {
    AT_WORK.fetch_add(1, Ordering::SeqCst);
    let counted = Elsewhere;
    (!is_ending()).then_some(counted)
}

/// A thread that is not this one is inside SQLite until this is dropped.
#[derive(Debug)]
pub(crate) struct Elsewhere;

impl Drop for Elsewhere {
    fn drop(&mut self) {
        AT_WORK.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Waits for something that is not SQLite in the middle of such work.
pub(crate) fn away<T>(wait: impl FnOnce() -> T) -> T {
    if !HERE.get() {
        return wait();
    }
    leave();
    let _outside = Outside;
    wait()
}

/// Tells whether statements are to stop because the process ends.
pub(crate) fn is_ending() -> bool {
    ENDING.load(Ordering::SeqCst)
}

/// Installs the handler, once: to be called when the cryptographic library has installed its own,
/// since the last one runs first.
pub(crate) fn stop_at_exit() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        PROCESS.store(std::process::id(), Ordering::Release);
        // SAFETY: the handler takes nothing, does not unwind, and lives as long as the program
        // (https://pubs.opengroup.org/onlinepubs/9799919799/functions/atexit.html).
        if unsafe { libc::atexit(stop) } != 0 {
            tracing::debug!("no handler for the end of the process");
        }
    });
}

/// A thread is inside SQLite until this is dropped.
struct Inside;

impl Drop for Inside {
    fn drop(&mut self) {
        leave();
    }
}

/// A thread is outside for a moment, until this is dropped.
struct Outside;

impl Drop for Outside {
    fn drop(&mut self) {
        enter();
    }
}

/// Counts this thread in; once the process ends it does not come back from here.
fn enter() {
    AT_WORK.fetch_add(1, Ordering::SeqCst);
    if ENDING.load(Ordering::SeqCst) {
        AT_WORK.fetch_sub(1, Ordering::SeqCst);
        loop {
            std::thread::park();
        }
    }
    HERE.set(true);
}

fn leave() {
    HERE.set(false);
    AT_WORK.fetch_sub(1, Ordering::SeqCst);
}

/// The handler: waits until no other thread is inside.
extern "C" fn stop() {
    if PROCESS.load(Ordering::Acquire) != std::process::id() {
        return;
    }
    ENDING.store(true, Ordering::SeqCst);
    // The application can leave in the middle of a function that it gave to `read` or `write`.
    let own = usize::from(HERE.try_with(Cell::get).unwrap_or(false));
    let began = Instant::now();
    while AT_WORK.load(Ordering::SeqCst) > own && began.elapsed() < LONGEST_WAIT {
        std::thread::yield_now();
    }
}
