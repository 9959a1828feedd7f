//! `reopen`: open a database again in the same process, with a key cache that has seen it.

use std::path::Path;
use std::time::Instant;

use kstdb_core::{KeyCache, sqlx};

use crate::data::{self, Record, SELECT_ONE};
use crate::goal::Goal;
use crate::peers::{self, Key, POOL};
use crate::row::{Peer, Row, Unit};
use crate::scale::Scale;

pub(crate) async fn measure(dir: &Path, scale: &Scale) -> anyhow::Result<Row> {
    let goal = Goal {
        sqlx: Some(50.0),
        limit: None,
    };
    let mut row = Row::new("reopen", Unit::Milliseconds, goal);
    let path = data::create(dir, "reopen.db", Key::Passphrase, 100).await?;
    let cache = KeyCache::new()?;
    let open = || peers::builder(&path, Key::Passphrase, POOL).key_cache(cache.clone());
    open().connect().await?.close().await?;
    for _ in 0..scale.rounds {
        let start = Instant::now();
        let db = open().connect().await?;
        let _: Record = db.fetch_one(SELECT_ONE, (7,)).await?;
        row.add(Peer::Kstdb, 1, start.elapsed());
        db.close().await?;

        let start = Instant::now();
        let pool = peers::sqlx(&path, Key::Passphrase, POOL).await?;
        let query = sqlx::query_as::<_, Record>(SELECT_ONE).bind(7);
        query.fetch_one(&pool).await?;
        row.add(Peer::Sqlx, 1, start.elapsed());
        pool.close().await;

        let start = Instant::now();
        let connection = peers::rusqlite(&path, Key::Passphrase)?;
        connection.query_row(SELECT_ONE, (7,), |row| row.get::<_, i64>(0))?;
        row.add(Peer::Rusqlite, 1, start.elapsed());
    }
    let note = "sqlx's derivations side by side; rusqlite: one connection";
    row.notes.push(note.to_owned());
    Ok(row)
}
