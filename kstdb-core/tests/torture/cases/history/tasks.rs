//! The transactions of a history, through every way in.

use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::{FutureExt as _, TryStreamExt as _};
use kstdb_core::{AsyncDatabase, DatabaseError, Transaction};

use super::model::{Event, REGISTERS, State, What};

const ALL: &str = "SELECT n FROM register ORDER BY id";
const SET: &str = "UPDATE register SET n = ? WHERE id = ?";

/// Ticks with each beginning and each end, across tasks.
pub(super) static CLOCK: AtomicU64 = AtomicU64::new(0);

/// One row for each register.
pub(super) async fn set_up(db: &AsyncDatabase) -> Result<(), DatabaseError> {
    db.execute(
        "CREATE TABLE register (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)",
        (),
    )
    .await?;
    let rows = (0..REGISTERS).map(|id| (id, 0));
    db.execute_many("INSERT INTO register VALUES (?, ?)", rows)
        .await
        .map(drop)
}

/// Reads everything with one statement.
pub(super) async fn state(db: &AsyncDatabase) -> Result<State, DatabaseError> {
    Ok(flat(db.fetch_all(ALL, ()).await?))
}

fn flat(rows: Vec<(u64,)>) -> State {
    rows.into_iter().map(|(n,)| n).collect()
}

/// Runs a few transactions of random kinds, or fewer if the pool is closed: what ends with that has
/// not happened.
pub(super) async fn run(
    db: AsyncDatabase,
    mut rng: fastrand::Rng,
    transactions: usize,
) -> Result<Vec<Event>, DatabaseError> {
    let mut events = Vec::new();
    for _ in 0..transactions {
        let began = CLOCK.fetch_add(1, Ordering::AcqRel);
        let what = match one(&db, &mut rng).await {
            Err(error) if error.is_closed() => return Ok(events),
            what => what?,
        };
        let ended = CLOCK.fetch_add(1, Ordering::AcqRel);
        events.push(Event { began, ended, what });
        if rng.bool() {
            tokio::task::yield_now().await;
        }
    }
    Ok(events)
}

async fn one(db: &AsyncDatabase, rng: &mut fastrand::Rng) -> Result<What, DatabaseError> {
    match rng.u8(..10) {
        0 => Ok(What::Read(state(db).await?)),
        1 => Ok(What::Read(flat(
            db.fetch::<(u64,)>(ALL, ()).try_collect().await?,
        ))),
        2 | 3 => Ok(What::Read(one_by_one(db).await?)),
        4 | 5 => guarded(db, rng).await,
        6 => dropped(db, rng).await,
        _ => at_once(db, rng).await,
    }
}

/// A read transaction of a statement for each register.
async fn one_by_one(db: &AsyncDatabase) -> Result<State, DatabaseError> {
    db.read(|tx| {
        (0..REGISTERS)
            .map(|id| tx.fetch_value("SELECT n FROM register WHERE id = ?", (id,)))
            .collect()
    })
    .await
}

/// What a write leaves: one more in the first register, and others changed to values that occur
/// nowhere else.
fn next(before: &State, rng: &mut fastrand::Rng) -> State {
    let mut after = before.clone();
    after[0] += 1;
    for register in &mut after[1..] {
        if rng.bool() {
            *register = rng.u64(..1 << 62);
        }
    }
    after
}

fn changes(before: &State, after: &State) -> Vec<(u64, usize)> {
    let pairs = before.iter().zip(after).enumerate();
    pairs
        .filter(|(_, (before, after))| before != after)
        .map(|(id, (_, after))| (*after, id))
        .collect()
}

/// In one hop.
async fn at_once(db: &AsyncDatabase, rng: &mut fastrand::Rng) -> Result<What, DatabaseError> {
    let mut own = rng.fork();
    db.write(move |tx| {
        let before = flat(tx.fetch_all(ALL, ())?);
        let after = next(&before, &mut own);
        tx.execute_many(SET, changes(&before, &after))?;
        Ok(What::Wrote { before, after })
    })
    .await
}

/// Statement by statement; some are rolled back.
async fn guarded(db: &AsyncDatabase, rng: &mut fastrand::Rng) -> Result<What, DatabaseError> {
    let mut tx = db.begin().await?;
    let (before, after) = change(&mut tx, rng).await?;
    if rng.u8(..4) == 0 {
        tx.rollback().await?;
        return Ok(What::Undone);
    }
    tx.commit().await?;
    Ok(What::Wrote { before, after })
}

/// The caller goes away, before the commit or while it is made.
async fn dropped(db: &AsyncDatabase, rng: &mut fastrand::Rng) -> Result<What, DatabaseError> {
    let mut tx = db.begin().await?;
    let (before, after) = change(&mut tx, rng).await?;
    if rng.bool() {
        drop(tx);
        return Ok(What::Undone);
    }
    let mut commit = Box::pin(tx.commit());
    for _ in 0..rng.u8(..4) {
        if let Some(committed) = commit.as_mut().now_or_never() {
            committed?;
            return Ok(What::Wrote { before, after });
        }
        tokio::task::yield_now().await;
    }
    Ok(What::Unknown { before, after })
}

async fn change(
    tx: &mut Transaction,
    rng: &mut fastrand::Rng,
) -> Result<(State, State), DatabaseError> {
    let before = flat(tx.fetch_all(ALL, ()).await?);
    let after = next(&before, rng);
    for change in changes(&before, &after) {
        tx.execute(SET, change).await?;
    }
    Ok((before, after))
}
