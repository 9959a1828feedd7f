//! The writer turn: one writer of the process at a time, in the order in which they asked.
//!
//! SQLite lets one connection write, and its own way of waiting is a loop of sleeps that knows no
//! order. Here a writer waits in a queue and then finds the database free.
//!
//! Two locks keep waiting writers from holding all connections, and cannot deadlock because they are
//! always taken in the order gate, connection, turn: a call on the database waits at the gate
//! before it takes a connection, so that at most one connection waits for the turn on behalf of
//! such calls. A caller that holds a connection of its own waits for the turn alone.
//!
//! All pools of the process on one file share one turn.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};

use hashlink::LruCache;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::records::LONGEST_TEXT_BYTES;
use super::sole_writer::SoleWriter;
use super::wait::{WaitError, until};

/// How many writing statements are remembered by their text, those that ran last.
const KNOWN_WRITES: usize = 1_024;

#[derive(Debug)]
pub(crate) struct Writer {
    gate: Arc<Semaphore>,
    turn: Arc<Semaphore>,
    known: Mutex<LruCache<Box<str>, ()>>,
    /// The right of this process to write, as long as a pool has it.
    sole: Mutex<Weak<SoleWriter>>,
}

/// A place at the head of the gate, which precedes the turn.
#[derive(Debug)]
pub(crate) struct Gate {
    _permit: OwnedSemaphorePermit,
}

/// The turn to write, given on when dropped.
#[derive(Debug)]
pub(crate) struct WriterTurn {
    _turn: OwnedSemaphorePermit,
    _gate: Option<Gate>,
}

/// The turns of this process, by the file that they are for.
static SHARED: LazyLock<Mutex<HashMap<PathBuf, Weak<Writer>>>> = LazyLock::new(Mutex::default);

impl Writer {
    /// The turn of a file, which other pools of the process may have already.
    pub(crate) fn of_file(path: &Path) -> Arc<Self> {
        // Links lead to one turn. This opens nothing.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.retain(|_, writer| writer.strong_count() > 0);
        if let Some(writer) = shared.get(&path).and_then(Weak::upgrade) {
            return writer;
        }
        let writer = Arc::new(Self::new());
        shared.insert(path, Arc::downgrade(&writer));
        writer
    }

    /// A turn of its own, for a database in memory.
    pub(crate) fn new() -> Self {
        Self {
            gate: Arc::new(Semaphore::new(1)),
            turn: Arc::new(Semaphore::new(1)),
            known: Mutex::new(LruCache::new(KNOWN_WRITES)),
            sole: Mutex::default(),
        }
    }

    /// Waits at the gate; to be called before a connection is taken.
    pub(crate) async fn gate(&self, deadline: Instant) -> Result<Gate, WaitError> {
        until(deadline, Arc::clone(&self.gate).acquire_owned())
            .await
            .map(|permit| Gate { _permit: permit })
    }

    /// Waits for the turn; to be called with a connection in hand.
    pub(crate) async fn turn(
        &self,
        gate: Option<Gate>,
        deadline: Instant,
    ) -> Result<WriterTurn, WaitError> {
        let turn = until(deadline, Arc::clone(&self.turn).acquire_owned()).await?;
        Ok(WriterTurn {
            _turn: turn,
            _gate: gate,
        })
    }

    /// Takes the turn if nobody has it or waits for it.
    pub(crate) fn try_turn(&self) -> Option<WriterTurn> {
        let gate = Arc::clone(&self.gate).try_acquire_owned().ok()?;
        let turn = Arc::clone(&self.turn).try_acquire_owned().ok()?;
        Some(WriterTurn {
            _turn: turn,
            _gate: Some(Gate { _permit: gate }),
        })
    }

    pub(super) fn sole(&self) -> MutexGuard<'_, Weak<SoleWriter>> {
        self.sole.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells whether this text was seen to need the turn, so that the call can queue first.
    pub(crate) fn is_known_write(&self, sql: &str) -> bool {
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(sql)
            .is_some()
    }

    /// Remembers that this text needs the turn.
    pub(crate) fn remember_write(&self, sql: &str) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if sql.len() <= LONGEST_TEXT_BYTES {
            known.insert(sql.into(), ());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(30)
    }

    #[tokio::test(start_paused = true)]
    async fn the_turn_is_given_in_the_order_of_asking() -> Result<(), WaitError> {
        let writer = Arc::new(Writer::new());
        let first = writer.turn(None, soon()).await?;
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = Vec::new();
        for number in 0..5 {
            let (writer, order) = (Arc::clone(&writer), Arc::clone(&order));
            tasks.push(tokio::spawn(async move {
                let gate = writer.gate(soon()).await?;
                let turn = writer.turn(Some(gate), soon()).await?;
                order
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(number);
                drop(turn);
                Ok::<_, WaitError>(())
            }));
            tokio::task::yield_now().await;
        }
        drop(first);
        for task in tasks {
            task.await.map_err(|_| WaitError::Closed)??;
        }
        assert_eq!(
            *order.lock().unwrap_or_else(PoisonError::into_inner),
            [0, 1, 2, 3, 4]
        );
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_for_the_turn_ends_at_the_limit() -> Result<(), WaitError> {
        let writer = Writer::new();
        let held = writer.turn(None, soon()).await?;
        assert_eq!(
            writer.turn(None, soon()).await.err(),
            Some(WaitError::TimedOut)
        );
        drop(held);
        assert!(writer.try_turn().is_some());
        Ok(())
    }

    #[test]
    fn pools_of_one_file_share_one_turn() {
        let path = Path::new("/nowhere/kstdb-writer-test.db");
        let first = Writer::of_file(path);
        let held = first.try_turn();
        assert!(held.is_some());
        assert!(Writer::of_file(path).try_turn().is_none());
        assert!(
            Writer::of_file(Path::new("/nowhere/other.db"))
                .try_turn()
                .is_some()
        );
    }
}
