//! The writer turn: one writer of the process at a time, in the order in which they asked.
//!
//! SQLite lets one connection write, and its own way of waiting is a loop of sleeps that knows no
//! order. Here a writer waits in a queue and then finds the database free.
//!
//! Two locks keep waiting writers from holding all connections, and cannot deadlock because they are
//! always taken in the order gate, connection, turn: a call on the database waits at the gate
//! before it takes a connection, so that at most one connection waits for the turn on behalf of
//! such calls. A caller that holds a connection of its own waits for the turn alone.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::wait::{WaitError, within};

/// How many writing statements are remembered by their text.
const KNOWN_WRITES: usize = 1_024;

#[derive(Debug)]
pub(crate) struct Writer {
    gate: Arc<Semaphore>,
    turn: Arc<Semaphore>,
    known: Mutex<HashSet<Box<str>>>,
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

impl Writer {
    pub(crate) fn new() -> Self {
        Self {
            gate: Arc::new(Semaphore::new(1)),
            turn: Arc::new(Semaphore::new(1)),
            known: Mutex::default(),
        }
    }

    /// Waits at the gate; to be called before a connection is taken.
    pub(crate) async fn gate(&self, limit: Duration) -> Result<Gate, WaitError> {
        within(limit, Arc::clone(&self.gate).acquire_owned())
            .await
            .map(|permit| Gate { _permit: permit })
    }

    /// Waits for the turn; to be called with a connection in hand.
    pub(crate) async fn turn(
        &self,
        gate: Option<Gate>,
        limit: Duration,
    ) -> Result<WriterTurn, WaitError> {
        let turn = within(limit, Arc::clone(&self.turn).acquire_owned()).await?;
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

    /// Wakes everybody who waits: there will be no turn any more.
    pub(crate) fn close(&self) {
        self.gate.close();
        self.turn.close();
    }

    /// Tells whether this text was seen to need the turn, so that the call can queue first.
    pub(crate) fn is_known_write(&self, sql: &str) -> bool {
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(sql)
    }

    /// Remembers that this text needs the turn.
    pub(crate) fn remember_write(&self, sql: &str) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() < KNOWN_WRITES {
            known.insert(sql.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(30);

    #[tokio::test(start_paused = true)]
    async fn the_turn_is_given_in_the_order_of_asking() -> Result<(), WaitError> {
        let writer = Arc::new(Writer::new());
        let first = writer.turn(None, LIMIT).await?;
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = Vec::new();
        for number in 0..5 {
            let (writer, order) = (Arc::clone(&writer), Arc::clone(&order));
            tasks.push(tokio::spawn(async move {
                let gate = writer.gate(LIMIT).await?;
                let turn = writer.turn(Some(gate), LIMIT).await?;
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
        let held = writer.turn(None, LIMIT).await?;
        assert_eq!(
            writer.turn(None, LIMIT).await.err(),
            Some(WaitError::TimedOut)
        );
        drop(held);
        assert!(writer.try_turn().is_some());
        Ok(())
    }

    #[tokio::test]
    async fn closing_wakes_those_who_wait() {
        let writer = Arc::new(Writer::new());
        let held = writer.try_turn();
        assert!(held.is_some());
        let waiting = tokio::spawn({
            let writer = Arc::clone(&writer);
            async move { writer.gate(LIMIT).await.err() }
        });
        tokio::task::yield_now().await;
        writer.close();
        assert_eq!(waiting.await.ok().flatten(), Some(WaitError::Closed));
    }
}
