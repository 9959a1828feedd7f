//! What every crate logs, down to TRACE, on stderr: for whoever searches it.

use std::sync::atomic::{AtomicBool, Ordering};

static TOLD: AtomicBool = AtomicBool::new(false);

/// Logs everything from now on.
pub(crate) fn tell() {
    let logs = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(std::io::stderr)
        .try_init();
    TOLD.store(logs.is_ok(), Ordering::Release);
}

/// Tells whether everything is logged, which children of this process then do as well.
pub(crate) fn are_told() -> bool {
    TOLD.load(Ordering::Acquire)
}
