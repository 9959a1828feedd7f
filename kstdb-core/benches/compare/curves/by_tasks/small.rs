//! Calls that are short: a row by its key, an insert, a small transaction.

use std::path::Path;

use super::along::{Calls, along};
use crate::curves::Curve;
use crate::data;
use crate::peers::{self, Key, POOL};
use crate::row::Unit;
use crate::rows::{point, transaction, write};
use crate::scale::Scale;

pub(super) async fn reads(dir: &Path, scale: &Scale) -> anyhow::Result<Curve> {
    let limit = "file locks of each read with one task, waking threads with many";
    let curve = Curve::new("point reads", "tasks", Unit::Queries, limit);
    let rows = scale.table_rows;
    let path = data::create(dir, "curve-reads.db", Key::Raw, rows).await?;
    let db = peers::kstdb(&path, Key::Raw, POOL).await?;
    let pool = peers::sqlx(&path, Key::Raw, POOL).await?;
    let connection = peers::rusqlite(&path, Key::Raw)?;
    let calls = Calls {
        count: scale.curve_reads,
        pieces: 1,
        rounds: scale.curve_rounds,
    };
    let (reader, sqlx_reader) = (db.clone(), pool.clone());
    let ours = move |call| {
        let db = reader.clone();
        async move { point::with_kstdb(&db, rows, call).await }
    };
    let theirs = move |call| {
        let pool = sqlx_reader.clone();
        async move { point::with_sqlx(&pool, rows, call).await }
    };
    let limit = move |numbers| Ok(point::with_rusqlite(&connection, rows, numbers)?);
    let curve = along(curve, calls, ours, theirs, limit).await?;
    db.close().await?;
    pool.close().await;
    Ok(curve)
}

pub(super) async fn writes(dir: &Path, scale: &Scale) -> anyhow::Result<Curve> {
    let limit = "HMAC and AES of what commits write, then waking the callers";
    let curve = Curve::new("inserts, each a transaction", "tasks", Unit::Rows, limit);
    let ours = data::create(dir, "curve-writes-a.db", Key::Raw, 0).await?;
    let theirs = data::create(dir, "curve-writes-b.db", Key::Raw, 0).await?;
    let limit = data::create(dir, "curve-writes-c.db", Key::Raw, 0).await?;
    let db = peers::kstdb(&ours, Key::Raw, POOL).await?;
    let pool = peers::sqlx(&theirs, Key::Raw, POOL).await?;
    let connection = peers::rusqlite(&limit, Key::Raw)?;
    let calls = Calls {
        count: scale.curve_writes,
        pieces: 1,
        rounds: scale.curve_rounds,
    };
    let (writer, sqlx_writer) = (db.clone(), pool.clone());
    let ours = move |call| {
        let db = writer.clone();
        async move { write::with_kstdb(&db, call).await }
    };
    let theirs = move |call| {
        let pool = sqlx_writer.clone();
        async move { write::with_sqlx(&pool, call).await }
    };
    let limit = move |numbers| Ok(write::with_rusqlite(&connection, numbers)?);
    let curve = along(curve, calls, ours, theirs, limit).await?;
    db.close().await?;
    pool.close().await;
    Ok(curve)
}

pub(super) async fn transactions(dir: &Path, scale: &Scale) -> anyhow::Result<Curve> {
    let limit = "HMAC and AES of what commits write, one writer at a time";
    let curve = Curve::new("a read and ten inserts", "tasks", Unit::Transactions, limit);
    let ours = data::create(dir, "curve-tx-a.db", Key::Raw, 0).await?;
    let theirs = data::create(dir, "curve-tx-b.db", Key::Raw, 0).await?;
    let limit = data::create(dir, "curve-tx-c.db", Key::Raw, 0).await?;
    let db = peers::kstdb(&ours, Key::Raw, POOL).await?;
    let pool = peers::sqlx(&theirs, Key::Raw, POOL).await?;
    let mut connection = peers::rusqlite(&limit, Key::Raw)?;
    let calls = Calls {
        count: scale.curve_transactions,
        pieces: 1,
        rounds: scale.curve_rounds,
    };
    let (writer, sqlx_writer) = (db.clone(), pool.clone());
    let ours = move |call| {
        let db = writer.clone();
        async move { transaction::with_kstdb(&db, call).await }
    };
    let theirs = move |call| {
        let pool = sqlx_writer.clone();
        async move { transaction::with_sqlx(&pool, call).await }
    };
    let limit = move |numbers| Ok(transaction::with_rusqlite(&mut connection, numbers)?);
    let curve = along(curve, calls, ours, theirs, limit).await?;
    db.close().await?;
    pool.close().await;
    Ok(curve)
}
