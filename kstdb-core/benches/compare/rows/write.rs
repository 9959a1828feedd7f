//! `write16`: sixteen tasks that insert, each row a transaction of its own.

use std::path::Path;
use std::time::Instant;

use anyhow::ensure;
use kstdb_core::sqlx;

use crate::data::{self, INSERT};
use crate::peers::{self, Key, POOL};
use crate::row::{Goal, Peer, Row, Unit};
use crate::scale::Scale;
use crate::tasks;

const TASKS: i64 = 16;

pub(crate) async fn measure(dir: &Path, scale: &Scale) -> anyhow::Result<Row> {
    let goal = Goal {
        sqlx: Some(1.5),
        limit: None,
    };
    let mut row = Row::new("write16", Unit::Rows, goal);
    let (each, all) = (scale.writes_each, TASKS * scale.writes_each);
    let ours = data::create(dir, "write16-a.db", Key::Raw, 0).await?;
    let theirs = data::create(dir, "write16-b.db", Key::Raw, 0).await?;
    let limit = data::create(dir, "write16-c.db", Key::Raw, 0).await?;
    let db = peers::kstdb(&ours, Key::Raw, POOL).await?;
    let pool = peers::sqlx(&theirs, Key::Raw, POOL).await?;
    let (mut failed, mut sqlx_failed, mut stored) = (0, 0, 0);
    for round in 0..i64::from(scale.rounds) {
        let base = round * all;
        let writer = db.clone();
        let ran = tasks::run(TASKS, each, move |call| {
            let db = writer.clone();
            async move {
                db.execute(INSERT, data::record(base + call)).await?;
                Ok(())
            }
        });
        let ran = ran.await?;
        failed += ran.failed;
        stored += ran.succeeded;
        row.add(Peer::Kstdb, ran.succeeded, ran.elapsed);

        let writer = pool.clone();
        let ran = tasks::run(TASKS, each, move |call| {
            let pool = writer.clone();
            async move {
                let (id, name, value) = data::record(base + call);
                let query = sqlx::query(INSERT).bind(id).bind(name).bind(value);
                query.execute(&pool).await?;
                Ok(())
            }
        });
        let ran = ran.await?;
        sqlx_failed += ran.failed;
        row.add(Peer::Sqlx, ran.succeeded, ran.elapsed);

        let elapsed = write_with_rusqlite(&limit, base..base + all)?;
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

fn write_with_rusqlite(
    path: &Path,
    ids: std::ops::Range<i64>,
) -> anyhow::Result<std::time::Duration> {
    let connection = peers::rusqlite(path, Key::Raw)?;
    let start = Instant::now();
    for id in ids {
        connection
            .prepare_cached(INSERT)?
            .execute(data::record(id))?;
    }
    Ok(start.elapsed())
}
