//! Reads that have proved to be short run on the thread that asks, with every promise kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use kstdb_core::error::RowError;
use kstdb_core::{AsyncDatabase, Columns, FromRow, Row};

use crate::support::{COUNT, Files, LIMIT, TestResult};

/// A number, and the thread that read it.
struct Read {
    number: i64,
    thread: ThreadId,
}

impl FromRow for Read {
    type Plan = ();

    fn plan(_: &Columns) -> Result<(), RowError> {
        Ok(())
    }

    fn from_row(row: &Row<'_>, (): &()) -> Result<Self, RowError> {
        let number = row.get(0)?;
        assert!(number >= 0, "the application's own panic");
        let thread = thread::current().id();
        Ok(Self { number, thread })
    }
}

/// Runs a statement until it is run here: each of its runs has to be short for that.
async fn prove(db: &AsyncDatabase, sql: &'static str, parameter: i64) -> TestResult {
    let start = Instant::now();
    while start.elapsed() < LIMIT {
        let read: Read = db.fetch_one(sql, (parameter,)).await?;
        if read.thread == thread::current().id() {
            return Ok(());
        }
    }
    Err(format!("never ran here: {sql}").into())
}

#[tokio::test]
async fn a_short_read_runs_on_the_thread_that_asks_and_sees_what_was_written() -> TestResult {
    const SELECT: &str = "SELECT n FROM t WHERE id = ?";
    let files = Files::new()?;
    let db = files.open().await?;
    db.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, n)", ())
        .await?;
    db.execute("INSERT INTO t VALUES (1, 0), (2, 0)", ())
        .await?;
    prove(&db, SELECT, 1).await?;
    for n in 1..200 {
        db.execute("UPDATE t SET n = ? WHERE id = 2", (n,)).await?;
        let read: Read = db.fetch_one(SELECT, (2,)).await?;
        assert_eq!(read.number, n);
    }
    assert!(db.fetch_optional::<Read>(SELECT, (3,)).await?.is_none());
    assert_eq!(db.stats().active_connections, 0);
    db.close().await?;
    let closed = db.fetch_one::<Read>(SELECT, (1,)).await.err();
    assert!(closed.is_some_and(|error| error.is_closed()));
    Ok(())
}

/// On the one thread of this runtime a run that is not given up would outlast the timeout.
#[tokio::test]
async fn a_read_that_turns_out_long_leaves_the_thread_and_can_be_dropped() -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(1).await?;
    prove(&db, COUNT, 1).await?;
    let endless = db.fetch_all::<Read>(COUNT, (1_000_000_000,));
    let timed = tokio::time::timeout(Duration::from_millis(200), endless);
    assert!(timed.await.is_err());
    let many = db.fetch_all::<Read>(COUNT, (50_000,)).await?;
    assert!(many.iter().map(|read| read.number).eq(1..=50_000));
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_panic_while_reading_is_the_callers_own_and_costs_one_connection() -> TestResult {
    const SELECT: &str = "SELECT ?";
    let files = Files::new()?;
    let db = files.open_with(1).await?;
    prove(&db, SELECT, 1).await?;
    let task = tokio::spawn({
        let db = db.clone();
        async move { db.fetch_one::<Read>(SELECT, (-1,)).await.map(drop) }
    });
    assert!(task.await.is_err_and(|error| error.is_panic()));
    let stats = db.stats();
    assert_eq!((stats.active_connections, db.pool_size()), (0, 0));
    assert_eq!(db.fetch_one::<Read>(SELECT, (1,)).await?.number, 1);
    db.close().await?;
    Ok(())
}

#[cfg(feature = "sqlcipher")]
#[tokio::test]
async fn a_damaged_tail_is_not_handed_out_by_a_short_read() -> TestResult {
    use crate::support::{damage_last_page, refusal};
    const SELECT: &str = "SELECT length(v), v FROM t WHERE id = ?";
    let files = Files::new()?;
    let db = files.open_with(1).await?;
    db.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v)", ())
        .await?;
    db.execute("INSERT INTO t VALUES (1, x''), (2, zeroblob(9000))", ())
        .await?;
    db.close().await?;
    damage_last_page(&files.db())?;
    let db = files.open_with(1).await?;
    prove(&db, SELECT, 1).await?;
    let error = refusal(db.fetch_one::<(i64, Vec<u8>)>(SELECT, (2,)).await)?;
    assert!(error.is_corrupt(), "{error:?}");
    for _ in 0..100 {
        assert_eq!(db.fetch_one::<Read>(SELECT, (1,)).await?.number, 0);
    }
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_task_of_short_reads_lets_others_have_the_thread() -> TestResult {
    const SELECT: &str = "SELECT ?";
    let files = Files::new()?;
    let db = files.open().await?;
    prove(&db, SELECT, 1).await?;
    let turns = Arc::new(AtomicU32::new(0));
    let counting = Arc::clone(&turns);
    let other = tokio::spawn(async move {
        loop {
            counting.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
        }
    });
    // Reads that went to another thread would have let the other task run anyhow.
    let (mut reads_here, mut turns_before, start) = (0, 0, Instant::now());
    while reads_here < 500 && start.elapsed() < LIMIT {
        let read: Read = db.fetch_one(SELECT, (1,)).await?;
        if read.thread == thread::current().id() {
            reads_here += 1;
        } else {
            (reads_here, turns_before) = (0, turns.load(Ordering::Relaxed));
        }
    }
    assert_eq!(reads_here, 500);
    assert!(turns.load(Ordering::Relaxed) > turns_before);
    other.abort();
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_read_stays_short_although_a_transaction_runs_it_too() -> TestResult {
    const SELECT: &str = "SELECT n FROM t WHERE id = ?";
    let files = Files::new()?;
    let db = files.open().await?;
    db.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, n)", ())
        .await?;
    db.execute("INSERT INTO t VALUES (1, 7)", ()).await?;
    let mut tx = db.begin().await?;
    assert_eq!(tx.fetch_one::<Read>(SELECT, (1,)).await?.number, 7);
    tx.commit().await?;
    prove(&db, SELECT, 1).await?;
    db.close().await?;
    Ok(())
}

/// One step of SQLite reads all pages of a value: a long one is not read here.
#[tokio::test]
async fn a_long_value_leaves_the_thread() -> TestResult {
    const SELECT: &str = "SELECT length(v) + instr(v, x'01') FROM t WHERE id = ?";
    let files = Files::new()?;
    let db = files.open().await?;
    db.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v BLOB)", ())
        .await?;
    db.execute(
        "INSERT INTO t VALUES (1, x'00'), (2, zeroblob(4000000))",
        (),
    )
    .await?;
    prove(&db, SELECT, 1).await?;
    let read: Read = db.fetch_one(SELECT, (2,)).await?;
    assert_eq!(read.number, 4_000_000);
    assert_ne!(read.thread, thread::current().id());
    // The limit was that of the short read alone.
    let whole: Vec<u8> = db.fetch_value("SELECT v FROM t WHERE id = 2", ()).await?;
    assert_eq!(whole.len(), 4_000_000);
    db.close().await?;
    Ok(())
}
