//! Calls for whole files: of the database that is in use, and of copies that nobody has open.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use kstdb_core::maintenance::{
    BackupOptions, MaintenanceOptions, RekeyOptions, VerifyOptions, decrypt, encrypt, restore,
    upgrade, verify,
};
use kstdb_core::secrecy::SecretBox;
use kstdb_core::{AsyncDatabase, CipherKey, DatabaseError, DbConfig};

use super::operation::{Begun, Operation};
use crate::support::{Ledger, Template, builder, raw_key, within};

/// How long work may go on whose caller went away.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) async fn run(operation: Operation, begun: Begun<'_>) -> anyhow::Result<()> {
    let db = begun.db;
    match operation {
        Operation::Backup => {
            let target = named(begun, "backup");
            db.backup(&target).await?;
            let options = BackupOptions::new();
            db.backup_with(named(begun, "backup-with"), &options)
                .await?;
        }
        Operation::Verify => {
            ensure!(db.verify().await?.is_sound(), "not sound");
            let report = db.verify_with(&VerifyOptions::new()).await?;
            ensure!(report.is_sound(), "not sound");
        }
        Operation::Rekey => {
            db.rekey(random_key()).await?;
            db.rekey_with(random_key(), &RekeyOptions::new()).await?;
        }
        _ => on_copies(begun).await?,
    }
    Ok(())
}

fn random_key() -> CipherKey {
    CipherKey::raw_key(SecretBox::init_with_mut(|key: &mut [u8; 32]| {
        fastrand::fill(key);
    }))
}

fn named(begun: Begun<'_>, what: &str) -> PathBuf {
    begun
        .path
        .with_file_name(format!("{what}-{}.db", begun.number))
}

/// Each call for a file that nobody has open, on one file.
async fn on_copies(begun: Begun<'_>) -> anyhow::Result<()> {
    let (copy, restored) = (named(begun, "copy"), named(begun, "restored"));
    std::fs::write(&copy, Template::cold()?.database()?)?;
    let options = MaintenanceOptions::new();
    decrypt(&copy, raw_key(), &options).await?;
    encrypt(&copy, raw_key(), &options).await?;
    upgrade(&copy, raw_key(), &options).await?;
    let key = || Some(raw_key().into());
    let report = verify(&copy, key(), &VerifyOptions::new()).await?;
    ensure!(report.is_sound(), "not sound");
    restore(&copy, &restored, key(), &options).await?;
    Ok(())
}

/// What a call for whole files has left is whole: encrypted or not yet, there or not yet.
pub(super) async fn check(begun: Begun<'_>) -> anyhow::Result<()> {
    let template = Template::cold()?;
    for what in ["copy", "restored", "backup", "backup-with"] {
        let path = named(begun, what);
        if !path.exists() {
            continue;
        }
        let db = opened(&path).await.with_context(|| format!("the {what}"))?;
        let last = within("read", Ledger::of(&db).prefix()).await??;
        ensure!(last >= template.last, "{what}: lost {last}");
        within("close", db.close()).await??;
        std::fs::remove_file(&path)?;
    }
    Ok(())
}

/// Opens a file with its key or without one, once the work of whoever went away is over.
async fn opened(path: &Path) -> anyhow::Result<AsyncDatabase> {
    let began = Instant::now();
    loop {
        let plain = AsyncDatabase::builder(path).config(DbConfig::default());
        let with_key = builder(path).create_if_missing(false).connect().await;
        let error = match with_key {
            Ok(db) => return Ok(db),
            Err(error) => error,
        };
        if let Ok(db) = plain.create_if_missing(false).connect().await {
            return Ok(db);
        }
        ensure!(began.elapsed() < PATIENCE, "{}", told(&error));
        tokio::task::yield_now().await;
    }
}

fn told(error: &DatabaseError) -> String {
    format!("it does not open: {error:?}")
}
