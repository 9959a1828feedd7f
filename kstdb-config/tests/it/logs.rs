//! What is logged while a test runs, at every level.

use std::cell::RefCell;
use std::io::{self, Write};
use std::sync::Once;

use tracing_subscriber::filter::LevelFilter;

thread_local! {
    /// What this thread has logged; `None` while nobody wants to know.
    static LINES: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// Runs `work` and returns what it gives and what this thread logged meanwhile.
///
/// One subscriber serves all threads, for good: tracing remembers for the whole process which events
/// anybody wants, and asks the thread that comes by first, which need not be one that wants them.
pub(crate) fn captured<T>(work: impl FnOnce() -> T) -> (T, String) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing_subscriber::fmt()
            .with_max_level(LevelFilter::TRACE)
            .with_ansi(false)
            .with_writer(|| OfThread)
            .init();
    });
    LINES.set(Some(Vec::new()));
    let result = work();
    let bytes = LINES.take().unwrap_or_default();
    (result, String::from_utf8_lossy(&bytes).into_owned())
}

struct OfThread;

impl Write for OfThread {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.with_borrow_mut(|lines| {
            if let Some(lines) = lines {
                lines.extend_from_slice(bytes);
            }
        });
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
