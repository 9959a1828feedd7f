//! Whatever can be printed with `{:?}` and reaches a secret or a value, on stderr.

use std::fmt::Debug;
use std::path::Path;

use anyhow::Context as _;
use kstdb_core::cipher::{
    CredentialSource, EnvSource, KeyFileSource, PageCheck, UnlockOptions, unlock,
};
use kstdb_core::maintenance::{
    BackupOptions, MaintenanceOptions, RekeyOptions, VerifyLevel, VerifyOptions,
};
use kstdb_core::{
    AsyncDatabase, CipherKey, CipherProfile, DbConfig, KeyCache, KeyRequest, KeySource as _,
    KeyringSource, NamedParams, Params as _, SopsSource,
};

use super::child::{KEY_FILE, NEXT_KEY_FILE};
use crate::support::{canary, raw_key};

/// Prints both forms.
pub(super) fn show(what: &dyn Debug) {
    eprintln!("{what:?} {what:#?}");
}

/// Prints an error and all its causes.
pub(super) fn error(error: &(dyn std::error::Error + 'static)) {
    show(&error);
    let mut next = Some(error);
    while let Some(cause) = next {
        eprintln!("{cause}");
        next = cause.source();
    }
}

/// Panics, as a function of an application does.
pub(super) fn fails(n: u64) -> u64 {
    let rows: Vec<u64> = (0..n).collect();
    rows[usize::try_from(n).unwrap_or(usize::MAX)]
}

/// Every public type that a program can hold beside an open database.
pub(super) async fn everything(db: &AsyncDatabase, folder: &Path) -> anyhow::Result<()> {
    show(db);
    show(db.pool().await?);
    show(&(db.stats(), db.pool().await?.limits()));
    let mut connection = db.connection().await?;
    show(&connection);
    let mut transaction = connection.begin().await?;
    show(&transaction);
    let nested = transaction.begin().await?;
    show(&nested);
    nested.rollback().await?;
    transaction.rollback().await?;
    drop(connection);
    show(&db.fetch::<(u64, Vec<u8>)>("SELECT n, body FROM entry", ()));
    let named = NamedParams::new().with("a", canary::BOUND);
    show(&named);
    show(&named.into_params()?);
    keys(folder)?;
    options();
    whole_file(db, folder).await?;
    refused(db, folder).await
}

fn keys(folder: &Path) -> anyhow::Result<()> {
    let file = KeyFileSource::new(folder.join(KEY_FILE));
    show(&file);
    show(&file.resolve()?);
    show(&raw_key());
    show(&KeyCache::new());
    show(&KeyRequest::new().key_file(file.clone()));
    show(&(EnvSource::new("A"), CredentialSource::new("a")));
    show(&(KeyringSource::new("a", "b"), SopsSource::new("a.yml")));
    show(&(CipherProfile::default(), DbConfig::default()));
    let unlocked = unlock(
        &folder.join("app.db"),
        &file.resolve()?,
        &UnlockOptions::new(),
    )?;
    show(&unlocked);
    Ok(())
}

fn options() {
    show(&(UnlockOptions::new(), PageCheck::new()));
    show(&(MaintenanceOptions::new(), RekeyOptions::new()));
    show(&(BackupOptions::new(), VerifyOptions::new()));
}

async fn whole_file(db: &AsyncDatabase, folder: &Path) -> anyhow::Result<()> {
    let all = VerifyOptions::new().level(VerifyLevel::Everything);
    show(&db.verify_with(&all).await?);
    show(&db.backup(folder.join("backup.db")).await?);
    Ok(())
}

/// Calls that fail, each in another way.
async fn refused(db: &AsyncDatabase, folder: &Path) -> anyhow::Result<()> {
    let wrong = AsyncDatabase::builder(db.path())
        .config(DbConfig::default())
        .key_file(folder.join(NEXT_KEY_FILE));
    error(&wrong.connect().await.err().context("a wrong key")?);
    let other = AsyncDatabase::builder(db.path()).config(DbConfig::default());
    let raw = other.key(raw_key()).connect().await;
    error(&raw.err().context("another key")?);
    let same = KeyFileSource::new(folder.join(KEY_FILE)).resolve()?;
    error(&db.rekey(same).await.err().context("the same key")?);
    error(&CipherKey::passphrase("").err().context("no key")?);
    for sql in [
        "PRAGMA key = 'canary-bound-0451'",
        "PRAGMA rekey = 'canary-bound-0451'",
        "SELEC 'canary-bound-0451'",
        "SELECT 'canary-bound-0451' FROM nowhere",
    ] {
        error(&db.execute(sql, ()).await.err().context(sql)?);
    }
    let number = db.fetch_one::<(i64,)>("SELECT body FROM entry", ()).await;
    error(&number.err().context("no number")?);
    Ok(())
}
