//! Waiting with a limit.

use tokio::sync::{AcquireError, OwnedSemaphorePermit};
use tokio::time::Instant;

/// Why a wait ended without success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WaitError {
    /// The limit passed.
    TimedOut,
    /// The pool was closed.
    Closed,
}

/// Waits for a permit, at most until `deadline`. One that is there is given whatever the time.
pub(crate) async fn until(
    deadline: Instant,
    permit: impl Future<Output = Result<OwnedSemaphorePermit, AcquireError>>,
) -> Result<OwnedSemaphorePermit, WaitError> {
    match tokio::time::timeout_at(deadline, permit).await {
        Ok(Ok(permit)) => Ok(permit),
        Ok(Err(_)) => Err(WaitError::Closed),
        Err(_) => Err(WaitError::TimedOut),
    }
}
