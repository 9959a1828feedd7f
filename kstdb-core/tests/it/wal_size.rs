//! The WAL stays short: what a large transaction left is cut off by a later one.

use kstdb_core::{AsyncDatabase, DatabaseError, DbConfig};

const MIB: u64 = 1024 * 1024;

#[tokio::test]
async fn a_large_transaction_leaves_no_large_wal_behind() -> Result<(), Box<dyn std::error::Error>>
{
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("wal.db");
    let wal = dir.path().join("wal.db-wal");
    let db = AsyncDatabase::builder(&path)
        .config(DbConfig::default())
        .passphrase(format!("x'{}'", "5b".repeat(32)))
        .connect()
        .await?;
    db.execute("CREATE TABLE t (bytes BLOB)", ()).await?;
    db.write(|tx| {
        for _ in 0..24 {
            tx.execute("INSERT INTO t VALUES (randomblob(1048576))", ())?;
        }
        Ok::<_, DatabaseError>(())
    })
    .await?;
    assert!(std::fs::metadata(&wal)?.len() > 20 * MIB);
    // The commit has checkpointed: the next writer begins the WAL anew and cuts it.
    db.execute("INSERT INTO t VALUES (x'00')", ()).await?;
    assert!(std::fs::metadata(&wal)?.len() <= 16 * MIB);
    Ok(db.close().await?)
}
