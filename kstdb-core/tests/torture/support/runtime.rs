//! A runtime for each case, and a limit for each call.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

/// What no call may take longer than, whatever fails below it.
const CALL_LIMIT: Duration = Duration::from_secs(5);

/// Runs a case on a runtime of its own, and waits for everything that it has left running.
pub(crate) fn on_runtime<T>(case: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(case)
}

/// Waits for a call, at most for its limit.
///
/// # Errors
/// The call takes longer: it hangs, or one of its polls blocks the thread that asks.
pub(crate) async fn within<T>(what: &str, call: impl Future<Output = T>) -> anyhow::Result<T> {
    let began = Instant::now();
    let value = tokio::time::timeout(CALL_LIMIT, call)
        .await
        .with_context(|| format!("{what} takes longer than {CALL_LIMIT:?}"))?;
    // A poll that does not return keeps the timeout from being looked at.
    let took = began.elapsed();
    ensure!(took <= CALL_LIMIT, "{what} blocks: it took {took:?}");
    Ok(value)
}
