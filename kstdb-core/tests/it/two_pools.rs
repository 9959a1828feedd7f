//! Two pools of one process on one file are tasks of one process.

use std::time::Duration;

use kstdb_core::{AsyncDatabase, DatabaseError, DbConfig};

use crate::support::{Busy, Files, TestResult};

const WRITERS: i64 = 8;
const TRANSACTIONS: i64 = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_of_two_pools_never_meet_in_sqlites_lock() -> Result<(), Box<dyn std::error::Error>>
{
    let dir = tempfile::tempdir()?;
    let open = || {
        AsyncDatabase::builder(dir.path().join("a.db"))
            .config(DbConfig::default())
            // Without patience for SQLite's own lock, every meeting would be an error.
            .busy_timeout(Duration::ZERO)
            .connect()
    };
    let pools = [open().await?, open().await?];
    pools[0]
        .execute("CREATE TABLE counter (n INTEGER NOT NULL)", ())
        .await?;
    pools[0]
        .execute("INSERT INTO counter VALUES (0)", ())
        .await?;

    let mut tasks = Vec::new();
    for writer in 0..WRITERS {
        let db = pools[usize::from(writer % 2 == 0)].clone();
        tasks.push(tokio::spawn(async move {
            for _ in 0..TRANSACTIONS {
                db.transaction(async |tx| {
                    let n: i64 = tx.fetch_value("SELECT n FROM counter", ()).await?;
                    tx.execute("UPDATE counter SET n = ?", (n + 1,)).await
                })
                .await?;
            }
            Ok::<_, DatabaseError>(())
        }));
    }
    for task in tasks {
        task.await??;
    }
    let n: i64 = pools[1].fetch_value("SELECT n FROM counter", ()).await?;
    assert_eq!(n, WRITERS * TRANSACTIONS);
    Ok(())
}

/// Closing a pool empties the log and refreshes statistics, which is writing: not while another one
/// writes, whose turn it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pool_that_closes_leaves_the_log_to_one_that_writes() -> TestResult {
    let files = Files::new()?;
    let [stays, closes] = [files.open().await?, files.open().await?];
    stays.execute("CREATE TABLE t (n)", ()).await?;
    closes.execute("INSERT INTO t VALUES (1)", ()).await?;
    let log = files.path("app.db-wal");
    let before = std::fs::read(&log)?;
    assert!(!before.is_empty());
    let busy = Busy::start(&stays).await?;
    closes.close().await?;
    assert!(std::fs::read(&log)? == before, "the log was touched");
    busy.end().await?;
    stays.execute("INSERT INTO t VALUES (2)", ()).await?;
    let rows: i64 = stays.fetch_value("SELECT count(*) FROM t", ()).await?;
    assert_eq!(rows, 2);
    stays.close().await?;
    Ok(())
}
