//! The way of a maintenance call to a thread where blocking is allowed.

use super::progress::Observer;
use crate::error::{DatabaseConnectionError, DatabaseError};
use crate::pool::PoolInner;

/// Runs the work of a call, which is told to stop if this future is dropped.
pub(super) async fn blocking<T: Send + 'static>(
    observer: &Observer,
    work: impl FnOnce(&Observer) -> Result<T, DatabaseError> + Send + 'static,
) -> Result<T, DatabaseError> {
    let observer = observer.for_call();
    let _stop = observer.stop_on_drop();
    let done = crate::blocking::spawn(move || work(&observer)).await;
    done.map_err(|_| DatabaseConnectionError::RuntimeShutdown)?
}

/// Runs work beside those who use a pool, and ends with it: the copy of the key that the work has
/// goes when it stops.
pub(super) async fn while_open<T: Send + 'static>(
    pool: &PoolInner,
    observer: &Observer,
    work: impl FnOnce(&Observer) -> Result<T, DatabaseError> + Send + 'static,
) -> Result<T, DatabaseError> {
    tokio::select! {
        biased;
        done = blocking(observer, work) => done,
        () = pool.closed() => Err(DatabaseConnectionError::Closed.into()),
    }
}
