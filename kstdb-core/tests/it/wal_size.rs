//! The WAL stays short: what large transactions leave is cut off by a later one, and a reader that
//! keeps it stops nobody.

use std::path::{Path, PathBuf};
use std::sync::mpsc;

use kstdb_core::{AsyncDatabase, DatabaseError, DbConfig};
use tokio::sync::oneshot;

use crate::support::until;

type Checked = Result<(), Box<dyn std::error::Error>>;

const MIB: u64 = 1024 * 1024;

async fn open(dir: &Path) -> Result<(AsyncDatabase, PathBuf), DatabaseError> {
    let db = AsyncDatabase::builder(dir.join("wal.db"))
        .config(DbConfig::default())
        .passphrase(format!("x'{}'", "5b".repeat(32)))
        .max_connections(2)
        .connect()
        .await?;
    db.execute("CREATE TABLE t (bytes BLOB)", ()).await?;
    Ok((db, dir.join("wal.db-wal")))
}

/// Writes so many MiB in one transaction.
async fn write(db: &AsyncDatabase, mib: u32) -> Result<(), DatabaseError> {
    db.write(move |tx| {
        for _ in 0..mib {
            tx.execute("INSERT INTO t VALUES (randomblob(1048576))", ())?;
        }
        Ok(())
    })
    .await
}

fn size(wal: &Path) -> std::io::Result<u64> {
    Ok(std::fs::metadata(wal)?.len())
}

#[tokio::test]
async fn a_large_transaction_leaves_no_large_wal_behind() -> Checked {
    let dir = tempfile::tempdir()?;
    let (db, wal) = open(dir.path()).await?;
    write(&db, 24).await?;
    assert!(size(&wal)? > 20 * MIB);
    // The commit has checkpointed: the next writer begins the WAL anew and cuts it.
    db.execute("INSERT INTO t VALUES (x'00')", ()).await?;
    assert!(size(&wal)? <= 16 * MIB);
    Ok(db.close().await?)
}

#[tokio::test]
async fn the_wal_is_emptied_when_nobody_writes() -> Checked {
    let dir = tempfile::tempdir()?;
    let (db, wal) = open(dir.path()).await?;
    for _ in 0..2 {
        write(&db, 1).await?;
        assert!(size(&wal)? > MIB);
        until("it is empty", || size(&wal).is_ok_and(|bytes| bytes == 0)).await?;
        let rows: i64 = db.fetch_value("SELECT count(*) FROM t", ()).await?;
        assert!(rows > 0);
    }
    Ok(db.close().await?)
}

#[tokio::test]
async fn a_reader_that_keeps_the_wal_stops_no_writer() -> Checked {
    let dir = tempfile::tempdir()?;
    let (db, wal) = open(dir.path()).await?;
    let (begun, has_begun) = oneshot::channel();
    let (end, is_over) = mpsc::channel::<()>();
    let reader = db.clone();
    let reading = tokio::spawn(async move {
        reader
            .read(move |tx| {
                let before: i64 = tx.fetch_value("SELECT count(*) FROM t", ())?;
                assert!(begun.send(()).is_ok());
                assert!(is_over.recv().is_ok());
                let after: i64 = tx.fetch_value("SELECT count(*) FROM t", ())?;
                Ok::<_, DatabaseError>((before, after))
            })
            .await
    });
    has_begun.await?;
    write(&db, 70).await?;
    db.execute("INSERT INTO t VALUES (x'00')", ()).await?;
    assert!(size(&wal)? > 64 * MIB);
    // The writer has waited for the reader in vain; its usual wait is as it was.
    let wait: i64 = db.fetch_value("PRAGMA busy_timeout", ()).await?;
    assert_eq!(wait, 5_000);
    end.send(())?;
    assert_eq!(reading.await??, (0, 0));
    for _ in 0..2 {
        db.execute("INSERT INTO t VALUES (x'00')", ()).await?;
    }
    assert!(size(&wal)? <= 16 * MIB);
    Ok(db.close().await?)
}
