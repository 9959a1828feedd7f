//! `open10`: from a passphrase and a file to ten open connections and the first answer; with sqlx
//! as its pool opens them, one after another, and as a caller can have them, side by side.

use std::path::Path;
use std::time::Instant;

use kstdb_core::sqlx;

use crate::data::{self, Record, SELECT_ONE};
use crate::goal::Goal;
use crate::peers::{self, Key};
use crate::row::{Peer, Row, Unit};
use crate::scale::Scale;

const CONNECTIONS: u32 = 10;

pub(crate) async fn measure(dir: &Path, scale: &Scale) -> anyhow::Result<Vec<Row>> {
    let goal = Goal {
        sqlx: Some(8.0),
        // At most 1.15 of the time of one open.
        limit: Some(1.0 / 1.15),
    };
    let mut row = Row::new("open10", Unit::Milliseconds, goal);
    let mut parallel = Row::new("open10_parallel", Unit::Milliseconds, Goal::default());
    let path = data::create(dir, "open.db", Key::Passphrase, 100).await?;
    for _ in 0..scale.rounds {
        let start = Instant::now();
        let db = peers::kstdb(&path, Key::Passphrase, CONNECTIONS).await?;
        let _: Record = db.fetch_one(SELECT_ONE, (7,)).await?;
        let elapsed = start.elapsed();
        row.add(Peer::Kstdb, 1, elapsed);
        parallel.add(Peer::Kstdb, 1, elapsed);
        db.close().await?;

        let start = Instant::now();
        let pool = peers::sqlx_by_itself(&path, Key::Passphrase, CONNECTIONS).await?;
        first_answer(&pool).await?;
        row.add(Peer::Sqlx, 1, start.elapsed());
        pool.close().await;

        let start = Instant::now();
        let pool = peers::sqlx(&path, Key::Passphrase, CONNECTIONS).await?;
        first_answer(&pool).await?;
        parallel.add(Peer::Sqlx, 1, start.elapsed());
        pool.close().await;

        let start = Instant::now();
        let connection = peers::rusqlite(&path, Key::Passphrase)?;
        connection.query_row(SELECT_ONE, (7,), |row| row.get::<_, i64>(0))?;
        row.add(Peer::Rusqlite, 1, start.elapsed());
    }
    row.notes.push("rusqlite: one connection".to_owned());
    let cores = std::thread::available_parallelism()?;
    parallel.notes.push(format!(
        "sqlx's ten derivations, side by side on {cores} cores"
    ));
    Ok(vec![row, parallel])
}

async fn first_answer(pool: &sqlx::SqlitePool) -> sqlx::Result<()> {
    let query = sqlx::query_as::<_, Record>(SELECT_ONE).bind(7);
    query.fetch_one(pool).await.map(drop)
}
