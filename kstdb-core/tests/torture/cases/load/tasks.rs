//! What the tasks do, and how often each of them came to do it.

use std::time::{Duration, Instant};

use kstdb_core::{AsyncDatabase, DatabaseError};

/// Every so many-th call of a task writes.
const WRITES_ONE_IN: u64 = 5;
/// Statements in a transaction of the greedy writer.
const GREEDY_STATEMENTS: u64 = 50;

/// What a task came to do.
#[derive(Clone, Debug, Default)]
pub(super) struct Done {
    pub(super) calls: u64,
    pub(super) writes: u64,
    /// How long each write took, with its wait.
    pub(super) waits: Vec<Duration>,
}

/// One counter for each task, and one for the greedy writer.
pub(super) async fn set_up(db: &AsyncDatabase, tasks: u64) -> Result<(), DatabaseError> {
    db.execute(
        "CREATE TABLE counter (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)",
        (),
    )
    .await?;
    db.execute_many(
        "INSERT INTO counter VALUES (?, 0)",
        (0..=tasks).map(|id| (id,)),
    )
    .await
    .map(drop)
}

/// Reads four times, writes once, and so on until the end.
pub(super) async fn mixed(db: AsyncDatabase, id: u64, end: Instant) -> Result<Done, DatabaseError> {
    let mut done = Done::default();
    // Not all in step.
    let mut step = id;
    while Instant::now() < end {
        step += 1;
        if step.is_multiple_of(WRITES_ONE_IN) {
            let began = Instant::now();
            db.execute("UPDATE counter SET n = n + 1 WHERE id = ?", (id,))
                .await?;
            done.waits.push(began.elapsed());
            done.writes += 1;
        } else {
            db.fetch_value::<u64>("SELECT n FROM counter WHERE id = ?", (id,))
                .await?;
        }
        done.calls += 1;
    }
    Ok(done)
}

/// One long transaction after another, without a pause.
pub(super) async fn greedy(
    db: AsyncDatabase,
    id: u64,
    end: Instant,
) -> Result<Done, DatabaseError> {
    let mut done = Done::default();
    while Instant::now() < end {
        let mut transaction = db.begin().await?;
        for _ in 0..GREEDY_STATEMENTS {
            transaction
                .execute("UPDATE counter SET n = n + 1 WHERE id = ?", (id,))
                .await?;
        }
        transaction.commit().await?;
        done.writes += GREEDY_STATEMENTS;
        done.calls += 1;
    }
    Ok(done)
}
