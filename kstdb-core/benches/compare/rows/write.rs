//! `write16`: sixteen tasks that insert, each row a transaction of its own, with commits that a power
//! cut can take back (`write16`) and with commits that it cannot (`write16_full`).

use std::path::Path;
use std::time::Instant;

use anyhow::ensure;
use kstdb_core::{AsyncDatabase, Synchronous, sqlx};
use sqlx::SqlitePool;

use crate::data::{self, INSERT};
use crate::peers::{self, Key, POOL};
use crate::row::{Goal, Peer, Row, Unit};
use crate::scale::Scale;
use crate::tasks::{self, Ran};

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
    let pool = peers::sqlx_lazy(&theirs, Key::Raw, POOL, synchronous);
    let (mut failed, mut sqlx_failed, mut stored) = (0, 0, 0);
    for round in 0..i64::from(scale.rounds) {
        let base = round * all;
        let ran = with_kstdb(&db, TASKS, each, base).await?;
        failed += ran.failed;
        stored += ran.succeeded;
        row.add(Peer::Kstdb, ran.succeeded, ran.elapsed);

        let ran = with_sqlx(&pool, TASKS, each, base).await?;
        sqlx_failed += ran.failed;
        row.add(Peer::Sqlx, ran.succeeded, ran.elapsed);

        let elapsed = write_with_rusqlite(&limit, synchronous, base..base + all)?;
        row.add(Peer::Rusqlite, all, elapsed);
    }
    let found: i64 = db.fetch_value("SELECT count(*) FROM bench", ()).await?;
    ensure!(
        found == stored,
        "{stored} rows were acknowledged, {found} found"
    );
    row.notes.push(format!(
        "{failed} errors, sqlx {sqlx_failed}; rusqlite: one thread"
    ));
    db.close().await?;
    pool.close().await;
    Ok(row)
}

/// Inserts rows from `base` on, from so many tasks at once.
pub(crate) async fn with_kstdb(
    db: &AsyncDatabase,
    tasks: i64,
    each: i64,
    base: i64,
) -> anyhow::Result<Ran> {
    let db = db.clone();
    let write = move |call| {
        let db = db.clone();
        async move {
            db.execute(INSERT, data::record(base + call)).await?;
            Ok(())
        }
    };
    tasks::run(tasks, each, write).await
}

/// The same with sqlx's own pool.
pub(crate) async fn with_sqlx(
    pool: &SqlitePool,
    tasks: i64,
    each: i64,
    base: i64,
) -> anyhow::Result<Ran> {
    let pool = pool.clone();
    let write = move |call| {
        let pool = pool.clone();
        async move {
            let (id, name, value) = data::record(base + call);
            let query = sqlx::query(INSERT).bind(id).bind(name).bind(value);
            query.execute(&pool).await?;
            Ok(())
        }
    };
    tasks::run(tasks, each, write).await
}

pub(crate) fn write_with_rusqlite(
    path: &Path,
    synchronous: Synchronous,
    ids: std::ops::Range<i64>,
) -> anyhow::Result<std::time::Duration> {
    let connection = peers::rusqlite_with(path, Key::Raw, synchronous)?;
    let start = Instant::now();
    for id in ids {
        connection
            .prepare_cached(INSERT)?
            .execute(data::record(id))?;
    }
    Ok(start.elapsed())
}
