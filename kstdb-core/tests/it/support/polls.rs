//! Futures that are dropped half way, and conditions that come true soon.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Instant;

use super::LIMIT;

/// Polls a future so many times, each time when it was woken, and drops it if that did not end it.
pub(crate) async fn poll_times<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|cx| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match future.as_mut().poll(cx) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            // The last poll was in vain: the future is dropped here and now.
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// Gives way to other tasks and threads until a condition holds.
pub(crate) async fn until(what: &str, condition: impl Fn() -> bool) -> Result<(), String> {
    let start = Instant::now();
    while !condition() {
        if start.elapsed() > LIMIT {
            return Err(format!("waited in vain: {what}"));
        }
        std::thread::yield_now();
        tokio::task::yield_now().await;
    }
    Ok(())
}
