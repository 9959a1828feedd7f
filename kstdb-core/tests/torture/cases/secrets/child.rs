//! The child: a program that opens a database with a passphrase out of a file, works, changes the
//! key, panics and closes. It knows the passphrase no longer than kstdb does.

use std::path::Path;

use anyhow::{Context as _, ensure};
use kstdb_core::cipher::KeyFileSource;
use kstdb_core::{AsyncDatabase, DatabaseError, DbConfig, KeySource as _};

use super::shown;
use super::stages::{Stage, reached};
use crate::support::{Append, Ledger, canary, on_runtime};

/// The files with the passphrase that the database has, and with the next one.
pub(super) const KEY_FILE: &str = "key";
pub(super) const NEXT_KEY_FILE: &str = "next-key";

/// Whether the child tells and keeps the passphrase, so that its parent can prove that it looks.
const PLANTED: u64 = 1;

/// The seed of a child that behaves, or of a control.
pub(super) const fn seed(planted: bool) -> u64 {
    if planted { PLANTED } else { 0 }
}

/// Plays the part.
pub(crate) fn child(database: &Path, seed: u64) -> anyhow::Result<()> {
    // A panic is part of the work here, and its message is searched.
    drop(std::panic::take_hook());
    allow_core()?;
    let folder = database.parent().context("a database is in a folder")?;
    let planted = (seed == PLANTED)
        .then(|| std::fs::read(folder.join(KEY_FILE)))
        .transpose()?;
    if let Some(planted) = &planted {
        let text = String::from_utf8_lossy(planted);
        eprintln!("the control tells {text}");
        tracing::trace!("the control logs {text}");
    }
    reached(Stage::Begun)?;
    on_runtime(stages(database, folder))?;
    reached(Stage::Closed)?;
    drop(std::hint::black_box(planted));
    Ok(())
}

async fn stages(database: &Path, folder: &Path) -> anyhow::Result<()> {
    let builder = AsyncDatabase::builder(database)
        .config(DbConfig::default())
        .key_file(folder.join(KEY_FILE))
        .max_connections(3)
        .min_connections(2);
    shown::show(&builder);
    let db = builder.connect().await?;
    reached(Stage::Opened)?;
    work(&db).await?;
    panics(&db).await?;
    shown::everything(&db, folder).await?;
    reached(Stage::Used)?;
    db.rekey(KeyFileSource::new(folder.join(NEXT_KEY_FILE)).resolve()?)
        .await?;
    work(&db).await?;
    reached(Stage::Rekeyed)?;
    db.close().await?;
    shown::show(&db);
    Ok(())
}

/// Writes, reads and fails, with values that must not be told either.
async fn work(db: &AsyncDatabase) -> anyhow::Result<()> {
    let ledger = Ledger::of(db);
    ledger.create().await?;
    for n in 0..4 {
        ledger.append(Append::nth(n)).await?;
    }
    ledger.prefix().await?;
    let again = "INSERT INTO entry (n, body) VALUES (1, ?)";
    let error = db.execute(again, (canary::BOUND,)).await.err();
    shown::error(&error.context("a row twice")?);
    Ok(())
}

/// Panics in the middle of a transaction.
async fn panics(db: &AsyncDatabase) -> anyhow::Result<()> {
    let db = db.clone();
    let read = tokio::spawn(async move {
        db.read(|tx| {
            let n: u64 = tx.fetch_value("SELECT max(n) FROM entry", ())?;
            if n > 0 {
                let _ = shown::fails(n);
            }
            Ok::<_, DatabaseError>(n)
        })
        .await
    });
    let ended = read.await.err().context("it should have panicked")?;
    ensure!(ended.is_panic(), "{ended}");
    shown::show(&ended);
    Ok(())
}

/// Lets the system write a core file, if it may.
fn allow_core() -> anyhow::Result<()> {
    use rustix::process::{Resource, getrlimit, setrlimit};

    let mut limit = getrlimit(Resource::Core);
    limit.current = limit.maximum;
    Ok(setrlimit(Resource::Core, limit)?)
}
