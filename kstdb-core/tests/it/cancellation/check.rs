//! Every operation, dropped after each number of polls; then a look at what is left.

use kstdb_core::{AsyncDatabase, DatabaseError};

use crate::support::{Files, TestResult, poll_times, until};

/// How often each operation is dropped after the same number of polls: threads make it vary.
const ROUNDS: usize = 3;
/// An operation that needs more polls than this hangs.
const MOST_POLLS: usize = 500;

/// A database of two connections with the tables `a` and `b`, both of ten rows.
pub(super) async fn database(files: &Files) -> Result<AsyncDatabase, DatabaseError> {
    let db = files.open_with(2).await?;
    for table in ["CREATE TABLE a (n)", "CREATE TABLE b (n)"] {
        db.execute(table, ()).await?;
    }
    db.execute("CREATE TABLE written_afterwards (n)", ())
        .await?;
    Ok(db)
}

/// Drops `operation` after every number of polls up to its end, and checks the database each time.
///
/// **Invariant:** `a` and `b` hold equally many rows, in tens, whatever the operation does.
pub(super) async fn sweep<T>(
    db: &AsyncDatabase,
    operation: impl AsyncFn() -> Result<T, DatabaseError>,
) -> TestResult {
    for _ in 0..ROUNDS {
        let mut polls = 0;
        loop {
            let done = poll_times(polls, operation()).await;
            check(db)
                .await
                .map_err(|error| format!("{polls} polls: {error}"))?;
            if done.transpose()?.is_some() {
                break;
            }
            polls += 1;
            assert!(polls < MOST_POLLS, "it does not end");
        }
    }
    Ok(())
}

/// A write succeeds within the shortest timeout, nothing is lost, nothing is half done.
async fn check(db: &AsyncDatabase) -> TestResult {
    db.execute("INSERT INTO written_afterwards VALUES (1)", ())
        .await?;
    let (a, b): (i64, i64) = db
        .fetch_one(
            "SELECT (SELECT count(*) FROM a), (SELECT count(*) FROM b)",
            (),
        )
        .await?;
    assert_eq!((a % 10, a - b), (0, 0), "a half commit");
    until("all connections are back", || {
        db.stats().active_connections == 0
    })
    .await?;
    let mut both = [db.connection().await?, db.connection().await?];
    for connection in &mut both {
        let enforced: i64 = connection.fetch_value("PRAGMA foreign_keys", ()).await?;
        assert_eq!(enforced, 1, "a setting was left behind");
        let mut transaction = connection.begin().await?;
        transaction
            .execute("DELETE FROM written_afterwards", ())
            .await?;
        transaction.commit().await?;
    }
    assert!(db.pool_size() <= 2);
    let stats = db.stats();
    assert_eq!((stats.active_connections, stats.total_timeouts), (2, 0));
    Ok(())
}
