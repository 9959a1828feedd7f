//! `verify`: every page's HMAC of a large file; the others ask SQLCipher's own check.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::ensure;
use kstdb_core::maintenance::{VerifyLevel, VerifyOptions};
use kstdb_core::sqlx;

use crate::goal::Goal;
use crate::peers::{self, Key};
use crate::row::{Peer, Row, Unit};
use crate::scale::Scale;

const CHECK: &str = "PRAGMA cipher_integrity_check";
/// What one statement writes.
const BLOB_BYTES: i64 = 4 * 1024 * 1024;

pub(crate) async fn measure(dir: &Path, scale: &Scale) -> anyhow::Result<Row> {
    let goal = Goal {
        sqlx: Some(1.7),
        limit: None,
    };
    let mut row = Row::new("verify", Unit::Milliseconds, goal);
    let path = create(dir, scale.verify_bytes).await?;
    let db = peers::kstdb(&path, Key::Raw, 1).await?;
    let pool = peers::sqlx(&path, Key::Raw, 1).await?;
    let connection = peers::rusqlite(&path, Key::Raw)?;
    for _ in 0..scale.rounds {
        let options = VerifyOptions::new().level(VerifyLevel::Pages);
        let start = Instant::now();
        let report = db.verify_with(&options).await?;
        row.add(Peer::Kstdb, 1, start.elapsed());
        ensure!(report.is_sound());

        let start = Instant::now();
        let damaged = sqlx::query(CHECK).fetch_all(&pool).await?;
        row.add(Peer::Sqlx, 1, start.elapsed());
        ensure!(damaged.is_empty());

        let start = Instant::now();
        let sound = connection.prepare(CHECK)?.query(())?.next()?.is_none();
        row.add(Peer::Rusqlite, 1, start.elapsed());
        ensure!(sound);
    }
    db.close().await?;
    pool.close().await;
    let mib = path.metadata()?.len() / (1024 * 1024);
    row.notes.push(format!("a file of {mib} MiB"));
    Ok(row)
}

async fn create(dir: &Path, bytes: i64) -> anyhow::Result<PathBuf> {
    let path = dir.join("verify.db");
    let db = peers::kstdb(&path, Key::Raw, 1).await?;
    db.execute("CREATE TABLE blobs (b BLOB)", ()).await?;
    for _ in 0..bytes / BLOB_BYTES {
        let insert = "INSERT INTO blobs VALUES (zeroblob(?))";
        db.execute(insert, (BLOB_BYTES,)).await?;
    }
    db.close().await?;
    Ok(path)
}
