//! Waiting with a limit.

use std::time::Duration;

use tokio::sync::{AcquireError, OwnedSemaphorePermit};

/// Why a wait ended without success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WaitError {
    /// The limit passed.
    TimedOut,
    /// The pool was closed.
    Closed,
}

/// Waits for a permit, at most for `limit`.
pub(crate) async fn within(
    limit: Duration,
    permit: impl Future<Output = Result<OwnedSemaphorePermit, AcquireError>>,
) -> Result<OwnedSemaphorePermit, WaitError> {
    match tokio::time::timeout(limit, permit).await {
        Ok(Ok(permit)) => Ok(permit),
        Ok(Err(_)) => Err(WaitError::Closed),
        Err(_) => Err(WaitError::TimedOut),
    }
}
