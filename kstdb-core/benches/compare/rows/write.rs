//! `write16`: sixteen tasks that insert, each row a transaction of its own, with commits that a power
//! cut can take back (`write16`) and with commits that it cannot (`write16_full`).

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::ensure;
use kstdb_core::{AsyncDatabase, Synchronous, sqlx};
use sqlx::SqlitePool;

use crate::data::{self, INSERT};
use crate::goal::Goal;
use crate::peers::{self, Key, POOL};
use crate::row::{Peer, Row, Unit};
use crate::scale::Scale;
use crate::tasks;

const TASKS: i64 = 16;

pub(crate) async fn measure(dir: &Path, scale: &Scale) -> anyhow::Result<Vec<Row>> {
    let goal = Goal {
        sqlx: Some(1.5),
        limit: None,
    };
    let normal = Row::new("write16", Unit::Rows, goal);
    let full = Row::new("write16_full", Unit::Rows, Goal::default());
    Ok(vec![
        fill(normal, dir, scale, Synchronous::Normal).await?,
        fill(full, dir, scale, Synchronous::Full).await?,
    ])
}

async fn fill(
    mut row: Row,
    dir: &Path,
    scale: &Scale,
    synchronous: Synchronous,
) -> anyhow::Result<Row> {
    let (each, all) = (scale.writes_each, TASKS * scale.writes_each);
    let ours = data::create(dir, &format!("{}-a.db", row.id), Key::Raw, 0).await?;
    let theirs = data::create(dir, &format!("{}-b.db", row.id), Key::Raw, 0).await?;
    let limit = data::create(dir, &format!("{}-c.db", row.id), Key::Raw, 0).await?;
    let db = peers::kstdb_with(&ours, Key::Raw, POOL, synchronous).await?;
    let pool = peers::sqlx_with(&theirs, Key::Raw, POOL, synchronous).await?;
    let connection = peers::rusqlite_with(&limit, Key::Raw, synchronous)?;
    let (mut sqlx_failed, mut stored) = (0, 0);
    for round in 0..i64::from(scale.rounds) {
        let base = round * all;
        let writer = db.clone();
        let write = move |call| {
            let db = writer.clone();
            async move { with_kstdb(&db, base + call).await }
        };
        let ran = tasks::run(TASKS, each, write).await?;
        stored += ran.succeeded;
        row.add_ours(&ran, 1);

        let writer = pool.clone();
        let write = move |call| {
            let pool = writer.clone();
            async move { with_sqlx(&pool, base + call).await }
        };
        let ran = tasks::run(TASKS, each, write).await?;
        sqlx_failed += ran.failed;
        row.add(Peer::Sqlx, ran.succeeded, ran.elapsed);

        let ids = tasks::order(TASKS, each).into_iter();
        let elapsed = with_rusqlite(&connection, ids.map(|call| base + call))?;
        row.add(Peer::Rusqlite, all, elapsed);
    }
    let found: i64 = db.fetch_value("SELECT count(*) FROM bench", ()).await?;
    ensure!(
        found == stored,
        "{stored} rows were acknowledged, {found} found"
    );
    row.notes
        .push(format!("sqlx: {sqlx_failed} errors; rusqlite: one thread"));
    db.close().await?;
    pool.close().await;
    Ok(row)
}

/// Inserts the row of this key.
pub(crate) async fn with_kstdb(db: &AsyncDatabase, id: i64) -> anyhow::Result<()> {
    db.execute(INSERT, data::record(id)).await?;
    Ok(())
}

/// The same with sqlx's own pool.
pub(crate) async fn with_sqlx(pool: &SqlitePool, id: i64) -> anyhow::Result<()> {
    let (id, name, value) = data::record(id);
    let query = sqlx::query(INSERT).bind(id).bind(name).bind(value);
    query.execute(pool).await?;
    Ok(())
}

/// The rows of all these keys with rusqlite, each a transaction.
pub(crate) fn with_rusqlite(
    connection: &rusqlite::Connection,
    ids: impl IntoIterator<Item = i64>,
) -> rusqlite::Result<Duration> {
    let start = Instant::now();
    for id in ids {
        connection
            .prepare_cached(INSERT)?
            .execute(data::record(id))?;
    }
    Ok(start.elapsed())
}
