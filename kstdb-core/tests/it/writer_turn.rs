//! One writer at a time, in the order of asking; nobody sees "database is locked".

use futures_util::FutureExt;
use kstdb_core::error::Waited;
use kstdb_core::{DatabaseError, sqlx};

use crate::support::{Files, LIMIT, TestResult, refusal, until};

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_tasks_write_without_an_error() -> TestResult {
    let files = Files::new()?;
    let db = files.builder().max_connections(8).connect().await?;
    db.execute("CREATE TABLE t (n)", ()).await?;
    let tasks: Vec<_> = (0..16)
        .map(|task: i64| {
            let db = db.clone();
            tokio::spawn(async move {
                for n in 0..10_i64 {
                    db.execute("INSERT INTO t VALUES (?)", (task * 10 + n,))
                        .await?;
                    sqlx::query("UPDATE t SET n = -n WHERE n = ?")
                        .bind(task * 10 + n)
                        .execute(&db)
                        .await
                        .map_err(|error| error.to_string())?;
                }
                Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    let written: i64 = db
        .fetch_value("SELECT count(*) FROM t WHERE n <= 0", ())
        .await?;
    assert_eq!(written, 160);
    db.close().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_connection_and_transactions_of_others_never_deadlock() -> TestResult {
    for connections in [1, 2] {
        let files = Files::new()?;
        let builder = files.builder().max_connections(connections);
        let db = builder.connect().await?;
        db.execute("CREATE TABLE t (n)", ()).await?;
        let mut held = db.connection().await?;
        let others: Vec<_> = (0..4)
            .map(|n| {
                let db = db.clone();
                tokio::spawn(async move {
                    let mut transaction = db.begin().await?;
                    transaction
                        .execute("INSERT INTO t VALUES (?)", (n,))
                        .await?;
                    transaction.commit().await
                })
            })
            .collect();
        for n in 4..8 {
            let written = async {
                held.execute("INSERT INTO t VALUES (?)", (n,)).await?;
                let mut transaction = held.begin().await?;
                transaction
                    .execute("DELETE FROM t WHERE n = ?", (n,))
                    .await?;
                transaction.commit().await
            };
            tokio::time::timeout(LIMIT, written).await??;
        }
        drop(held);
        for other in others {
            tokio::time::timeout(LIMIT, other).await???;
        }
        let rows: i64 = db.fetch_value("SELECT count(*) FROM t", ()).await?;
        assert_eq!(rows, 4);
        db.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn waiting_writers_leave_a_connection_to_readers() -> TestResult {
    let files = Files::new()?;
    let db = files.builder().max_connections(2).connect().await?;
    db.execute("CREATE TABLE t (n)", ()).await?;
    let transaction = db.begin().await?;
    let writers: Vec<_> = (0..10)
        .map(|n| {
            let db = db.clone();
            tokio::spawn(async move { db.execute("INSERT INTO t VALUES (?)", (n,)).await })
        })
        .collect();
    tokio::task::yield_now().await;
    for _ in 0..20 {
        let rows = db.fetch_value::<i64>("SELECT count(*) FROM t", ());
        assert_eq!(tokio::time::timeout(LIMIT, rows).await??, 0);
    }
    transaction.rollback().await?;
    for writer in writers {
        writer.await??;
    }
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn writers_get_their_turn_in_the_order_of_asking() -> TestResult {
    let files = Files::new()?;
    let db = files.builder().max_connections(4).connect().await?;
    db.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, n)", ())
        .await?;
    let held = db.begin().await?;
    let write = async |n: i64| {
        let mut transaction = db.begin().await?;
        transaction
            .execute("INSERT INTO t (n) VALUES (?)", (n,))
            .await?;
        transaction.commit().await
    };
    let mut writers: Vec<_> = (0..6).map(|n| Box::pin(write(n))).collect();
    for writer in &mut writers {
        assert!(writer.as_mut().now_or_never().is_none());
    }
    held.rollback().await?;
    futures_util::future::try_join_all(writers).await?;
    let order: Vec<(i64,)> = db.fetch_all("SELECT n FROM t ORDER BY id", ()).await?;
    assert_eq!(order, [0, 1, 2, 3, 4, 5].map(|n| (n,)));
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_timeout_names_what_was_waited_for() -> TestResult {
    let files = Files::new()?;
    let db = files.builder().max_connections(2).connect().await?;
    db.execute("CREATE TABLE t (n)", ()).await?;
    let transaction = db.begin().await?;
    let mut held = db.connection().await?;
    // Both connections are open: from here on only timers are waited for.
    tokio::time::pause();
    let waits = [
        refusal(db.begin().await)?,
        refusal(db.execute_many("INSERT INTO t VALUES (?)", [(1,)]).await)?,
        refusal(held.begin().await)?,
    ];
    let phases = [Waited::WriterTurn; 3];
    for (error, phase) in waits.into_iter().zip(phases) {
        assert!(error.is_timeout() && error.is_retryable());
        let DatabaseError::PoolExhausted(exhausted) = error else {
            return Err("another error".into());
        };
        assert_eq!(exhausted.waited_for, phase);
    }
    let error = refusal(db.fetch_value::<i64>("SELECT 1", ()).await)?;
    let said = error.to_string();
    assert_eq!(said, "pool exhausted (max 2): waited 30s for a connection");
    assert_eq!(db.stats().total_timeouts, 4);
    tokio::time::resume();
    transaction.rollback().await?;
    drop(held);
    db.close().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_connection_keeps_no_turn_after_a_begin_that_failed() -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(2).await?;
    db.execute("CREATE TABLE t (n)", ()).await?;
    let mut held = db.connection().await?;
    for polls in 0..6 {
        // Dropped between the turn and the statement, in one round or another.
        crate::support::poll_times(polls, held.begin()).await;
        crate::support::poll_times(polls, held.execute("INSERT INTO t VALUES (1)", ())).await;
        until("the statement is over", || {
            db.stats().active_connections == 1
        })
        .await?;
        db.execute("INSERT INTO t VALUES (2)", ()).await?;
    }
    drop(held);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn an_idle_connection_keeps_no_turn_after_a_dropped_transaction() -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(2).await?;
    db.execute("CREATE TABLE t (n)", ()).await?;
    let mut held = db.connection().await?;
    let mut transaction = held.begin().await?;
    transaction.execute("INSERT INTO t VALUES (1)", ()).await?;
    drop(transaction);
    // Nothing else is done with the connection that had the transaction.
    db.execute("INSERT INTO t VALUES (2)", ()).await?;
    let rows: Vec<(i64,)> = held.fetch_all("SELECT n FROM t", ()).await?;
    assert_eq!(rows, [(2,)]);
    drop(held);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_begin_that_is_refused_leaves_the_transaction_of_sql_text_alone() -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(2).await?;
    db.execute("CREATE TABLE t (n)", ()).await?;
    let mut connection = db.connection().await?;
    connection.execute("BEGIN", ()).await?;
    connection.execute("INSERT INTO t VALUES (1)", ()).await?;
    let error = refusal(connection.begin().await)?;
    assert!(matches!(error, DatabaseError::Transaction(_)), "{error:?}");
    connection.execute("INSERT INTO t VALUES (2)", ()).await?;
    connection.execute("COMMIT", ()).await?;
    drop(connection);
    let sum: i64 = db.fetch_value("SELECT sum(n) FROM t", ()).await?;
    assert_eq!(sum, 3);
    db.close().await?;
    Ok(())
}
