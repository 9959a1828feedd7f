//! A transaction that SQL text begins holds the writer turn like any other.

use std::time::Duration;

use kstdb_core::error::Waited;
use kstdb_core::{AsyncDatabase, DatabaseError, DbConfig};

#[tokio::test]
async fn begin_as_text_takes_the_turn_so_that_its_writes_cannot_be_locked_out()
-> Result<(), Box<dyn std::error::Error>> {
    let dir = tempfile::tempdir()?;
    let db = AsyncDatabase::builder(dir.path().join("a.db"))
        .config(DbConfig::default())
        .acquire_timeout(Duration::from_secs(1))
        .connect()
        .await?;
    db.execute("CREATE TABLE t (n INTEGER)", ()).await?;

    let mut connection = db.connection().await?;
    connection.execute("BEGIN", ()).await?;
    let before: i64 = connection.fetch_value("SELECT count(*) FROM t", ()).await?;
    // Could this write come in between, the next one on the connection would fail: its snapshot
    // would be old (SQLITE_BUSY_SNAPSHOT).
    let meanwhile = db.execute("INSERT INTO t VALUES (1)", ()).await;
    let Err(DatabaseError::PoolExhausted(error)) = meanwhile else {
        return Err("another task wrote during the transaction".into());
    };
    assert_eq!(error.waited_for, Waited::WriterTurn);
    connection.execute("INSERT INTO t VALUES (2)", ()).await?;
    connection.execute("COMMIT", ()).await?;

    db.execute("INSERT INTO t VALUES (3)", ()).await?;
    let after: i64 = db.fetch_value("SELECT count(*) FROM t", ()).await?;
    assert_eq!((before, after), (0, 2));
    Ok(())
}
