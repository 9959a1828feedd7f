//! Panics of any thread: each is a violation, wherever it was caught.

use std::sync::{Mutex, Once, PoisonError};

static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Keeps every panic of the process from now on.
pub(super) fn collect() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|panic| {
            let thread = std::thread::current();
            let name = thread.name().unwrap_or("-");
            if name == "main" {
                // Of the programme itself: nobody collects it.
                eprintln!("{panic}");
            }
            seen().push(format!("{panic} on thread {name}"));
        }));
    });
}

/// Ends the process with every panic from now on: a child has nobody to collect them, and whoever
/// started it sees how it ended.
pub(crate) fn abort() {
    std::panic::set_hook(Box::new(|panic| {
        eprintln!("{panic}");
        std::process::abort();
    }));
}

/// Takes those since the last call.
pub(super) fn take() -> Vec<String> {
    std::mem::take(&mut *seen())
}

fn seen() -> std::sync::MutexGuard<'static, Vec<String>> {
    SEEN.lock().unwrap_or_else(PoisonError::into_inner)
}
