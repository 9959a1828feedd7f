//! The first thing that everybody tries.

use kstdb_core::{AsyncDatabase, DatabaseError, DbConfig, sqlx};

#[tokio::test]
async fn a_file_written_encrypted_is_read_back() -> Result<(), Box<dyn std::error::Error>> {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("a.db");
    let open = || {
        AsyncDatabase::builder(&path)
            .config(DbConfig::default())
            .passphrase("secret")
    };
    let db = open().connect().await?;
    db.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)", ())
        .await?;
    db.execute_many(
        "INSERT INTO t (name) VALUES (?)",
        (0..1000).map(|n| (format!("n{n}"),)),
    )
    .await?;
    let count: i64 = db.fetch_value("SELECT count(*) FROM t", ()).await?;
    assert_eq!(count, 1000);
    let mut tx = db.begin().await?;
    tx.execute("DELETE FROM t WHERE id > ?", (10,)).await?;
    {
        let mut sp = tx.begin().await?;
        sp.execute("DELETE FROM t", ()).await?;
        drop(sp);
    }
    tx.commit().await?;
    let rows: Vec<(i64, String)> = db.fetch_all("SELECT id, name FROM t", ()).await?;
    assert_eq!(rows.len(), 10);
    let n: i64 = db
        .transaction(async |tx| {
            tx.execute("INSERT INTO t (name) VALUES ('x')", ()).await?;
            tx.fetch_value::<i64>("SELECT count(*) FROM t", ()).await
        })
        .await?;
    assert_eq!(n, 11);
    let db2 = db.clone();
    tokio::spawn(async move {
        db2.transaction(async |tx| {
            tx.execute("INSERT INTO t (name) VALUES ('y')", ()).await?;
            Ok::<_, DatabaseError>(())
        })
        .await
    })
    .await??;
    let rows: Vec<(i64, String)> = sqlx::query_as("SELECT id, name FROM t")
        .fetch_all(&db)
        .await?;
    assert_eq!(rows.len(), 12);
    sqlx::query("INSERT INTO t (name) VALUES (?)")
        .bind("z")
        .execute(&db)
        .await?;
    db.close().await?;
    assert!(!std::fs::read(&path)?.starts_with(b"SQLite format 3"));
    assert!(db.execute("SELECT 1", ()).await.is_err());
    Ok(())
}

#[tokio::test]
async fn memory_is_one_database() -> Result<(), Box<dyn std::error::Error>> {
    for key in [false, true] {
        let mut b = AsyncDatabase::builder(":memory:").config(DbConfig::default());
        if key {
            b = b.passphrase("x");
        }
        let db = b.connect().await?;
        db.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)", ())
            .await?;
        db.execute("PRAGMA foreign_keys = OFF", ()).await?;
        let n: i64 = db.fetch_value("SELECT count(*) FROM t", ()).await?;
        assert_eq!(n, 0);
        let fk: i64 = db.fetch_value("PRAGMA foreign_keys", ()).await?;
        assert_eq!(fk, 1);
        db.close().await?;
    }
    Ok(())
}
