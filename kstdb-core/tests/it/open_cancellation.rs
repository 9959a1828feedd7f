//! Opening a connection can be given up at any moment.

use std::future::poll_fn;
use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use kstdb_core::{AsyncDatabase, DbConfig};

/// More polls than opening a connection takes.
const MOST_POLLS: usize = 12;

/// Counts the panics of sqlx's threads, which no test would notice by itself.
fn count_worker_panics() -> Arc<AtomicUsize> {
    let count = Arc::new(AtomicUsize::new(0));
    let before = panic::take_hook();
    panic::set_hook(Box::new({
        let count = Arc::clone(&count);
        move |info| {
            let thread = std::thread::current();
            if thread
                .name()
                .is_some_and(|name| name.starts_with("sqlx-sqlite-worker"))
            {
                count.fetch_add(1, Ordering::SeqCst);
            }
            before(info);
        }
    }));
    count
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_given_up_while_it_opens_is_closed_without_a_panic()
-> Result<(), Box<dyn std::error::Error>> {
    let panics = count_worker_panics();
    let dir = tempfile::tempdir()?;
    let db = AsyncDatabase::builder(dir.path().join("a.db"))
        .config(DbConfig::default())
        .min_connections(0)
        .max_connections(2)
        .connect()
        .await?;
    for polls in (1..=MOST_POLLS).cycle().take(3 * MOST_POLLS) {
        // A connection whose settings changed is replaced, so that the next one has to be opened.
        let mut spoilt = db.connection().await?;
        spoilt.execute("PRAGMA foreign_keys = OFF", ()).await?;
        drop(spoilt);
        // Given up right after a poll, while what it started is under way.
        let mut opening = Box::pin(db.connection());
        let mut polled = 0;
        let given_up_or_open = poll_fn(|context| {
            polled += 1;
            match opening.as_mut().poll(context) {
                Poll::Pending if polled < polls => Poll::Pending,
                Poll::Pending => Poll::Ready(Ok(())),
                Poll::Ready(opened) => Poll::Ready(opened.map(drop)),
            }
        });
        given_up_or_open.await?;
    }
    // Both slots are there, and everything that was given up has been closed.
    let both = (db.connection().await?, db.connection().await?);
    drop(both);
    db.close().await?;
    assert_eq!(panics.load(Ordering::SeqCst), 0);
    Ok(())
}
