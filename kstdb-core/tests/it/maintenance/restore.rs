//! Restoring: the whole backup in the place of the database, or nothing.

use std::ops::ControlFlow;
use std::path::Path;

use kstdb_core::cipher::rusqlite::Connection;
use kstdb_core::cipher::rusqlite::config::DbConfig as Switch;
use kstdb_core::cipher::{
    CipherCompatibility, CipherKey, UnlockOptions, apply_derived_key, inspect, unlock,
};
use kstdb_core::error::{DatabaseConnectionError, EncryptionError};
use kstdb_core::maintenance::{MaintenanceError, MaintenanceOptions, Restored, restore};
use kstdb_core::{AsyncDatabase, DatabaseError};

use crate::support::{Files, TestResult, builder, raw_key, refusal};

/// A closed database with one row of this value, and its backup in `b.db`.
async fn backed_up(files: &Files, value: &'static str) -> TestResult {
    let db = files.open().await?;
    db.execute("CREATE TABLE t (v)", ()).await?;
    db.execute("INSERT INTO t VALUES (?)", (value,)).await?;
    db.backup(files.path("b.db")).await?;
    db.execute("INSERT INTO t VALUES ('later')", ()).await?;
    db.close().await?;
    Ok(())
}

async fn values(path: &Path) -> Result<Vec<(String,)>, DatabaseError> {
    let db = builder(path).connect().await?;
    let values = db.fetch_all("SELECT v FROM t", ()).await;
    db.close().await?;
    values
}

/// Writes a row that stays in the write-ahead log.
fn leave_a_log(path: &Path, key: &CipherKey) -> TestResult {
    let derived = unlock(path, key, &UnlockOptions::new())?.derived;
    let sql = Connection::open(path)?;
    apply_derived_key(&sql, &derived, CipherCompatibility::V4)?;
    sql.set_db_config(Switch::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    sql.execute_batch("INSERT INTO t VALUES ('in the log')")?;
    Ok(())
}

async fn run(files: &Files) -> Result<Restored, DatabaseError> {
    let options = MaintenanceOptions::new().busy_timeout(std::time::Duration::ZERO);
    let key = Some(raw_key(7).into());
    restore(files.path("b.db"), files.db(), key, &options).await
}

fn reason(error: DatabaseError) -> Result<MaintenanceError, String> {
    match error {
        DatabaseError::Maintenance(error) => Ok(error),
        other => Err(format!("{other:?}")),
    }
}

#[tokio::test]
async fn the_backup_takes_the_place_of_the_database_or_makes_one() -> TestResult {
    let files = Files::new()?;
    backed_up(&files, "one").await?;
    assert_eq!(values(&files.db()).await?.len(), 2);
    assert!(run(&files).await?.replaced);
    assert_eq!(values(&files.db()).await?, [("one".to_owned(),)]);

    std::fs::remove_file(files.db())?;
    let restored = run(&files).await?;
    assert!(!restored.replaced);
    assert_eq!(restored.size_bytes, files.path("b.db").metadata()?.len());
    assert_eq!(values(&files.db()).await?, [("one".to_owned(),)]);
    assert_eq!(files.dir().read_dir()?.count(), 2, "something was left");
    Ok(())
}

#[tokio::test]
async fn what_the_old_log_held_does_not_come_back() -> TestResult {
    let files = Files::new()?;
    backed_up(&files, "one").await?;
    leave_a_log(&files.db(), &raw_key(7))?;
    assert!(inspect(&files.db())?.sidecars.wal.size_bytes > 0);
    run(&files).await?;
    assert_eq!(values(&files.db()).await?, [("one".to_owned(),)]);
    Ok(())
}

#[tokio::test]
async fn a_database_that_is_in_use_stays() -> TestResult {
    let files = Files::new()?;
    backed_up(&files, "one").await?;
    let db = files.open().await?;
    let error = refusal(run(&files).await)?;
    assert!(error.is_busy(), "{error:?}");
    assert_eq!(
        db.fetch_value::<i64>("SELECT count(*) FROM t", ()).await?,
        2
    );
    db.close().await?;

    // Not by a connection that has it for itself either.
    let derived = unlock(&files.db(), &raw_key(7), &UnlockOptions::new())?.derived;
    let sql = Connection::open(files.db())?;
    apply_derived_key(&sql, &derived, CipherCompatibility::V4)?;
    sql.execute_batch("PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE")?;
    let error = refusal(run(&files).await)?;
    assert!(error.is_busy(), "{error:?}");
    drop(sql);
    run(&files).await?;
    Ok(())
}

#[tokio::test]
async fn a_damaged_database_or_one_of_another_key_is_replaced() -> TestResult {
    let files = Files::new()?;
    backed_up(&files, "one").await?;
    let damages: [fn(&mut Vec<u8>); 3] = [
        |bytes| bytes.fill(7),
        |bytes| bytes.truncate(100),
        Vec::clear,
    ];
    for damage in damages {
        let mut bytes = std::fs::read(files.db())?;
        damage(&mut bytes);
        std::fs::write(files.db(), bytes)?;
        assert!(run(&files).await?.replaced);
        assert_eq!(values(&files.db()).await?, [("one".to_owned(),)]);
    }
    std::fs::remove_file(files.db())?;
    let other = || builder(files.db()).key(raw_key(9));
    other().connect().await?.close().await?;
    run(&files).await?;

    // What a log holds that the key does not open would be lost: that is not done unasked.
    std::fs::remove_file(files.db())?;
    let db = other().connect().await?;
    db.execute("CREATE TABLE t (v)", ()).await?;
    db.close().await?;
    leave_a_log(&files.db(), &raw_key(9))?;
    let before = std::fs::read(files.path("app.db-wal"))?;
    let error = reason(refusal(run(&files).await)?)?;
    assert!(
        matches!(error, MaintenanceError::LogLeft { .. }),
        "{error:?}"
    );
    assert!(std::fs::read(files.path("app.db-wal"))? == before);
    std::fs::remove_file(files.db())?;
    let error = reason(refusal(run(&files).await)?)?;
    assert!(
        matches!(error, MaintenanceError::LogLeft { .. }),
        "{error:?}"
    );
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_is_refused_or_followed_whatever_it_leads_to() -> TestResult {
    let files = Files::new()?;
    backed_up(&files, "one").await?;
    let (link, target) = (files.path("link.db"), files.path("target.db"));
    std::os::unix::fs::symlink(&target, &link)?;
    let key = || Some(raw_key(7).into());
    let options = MaintenanceOptions::new();
    for bytes in ["", "too small for a database"] {
        std::fs::write(&target, bytes)?;
        let error = refusal(restore(files.path("b.db"), &link, key(), &options).await)?;
        assert!(
            matches!(
                error,
                DatabaseError::Encryption(EncryptionError::Symlink { .. })
            ),
            "{error:?}"
        );
        assert_eq!(std::fs::read(&target)?, bytes.as_bytes());
    }
    let follow = options.follow_symlinks(true);
    assert!(
        restore(files.path("b.db"), &link, key(), &follow)
            .await?
            .replaced
    );
    assert!(link.symlink_metadata()?.is_symlink());
    assert_eq!(values(&target).await?, [("one".to_owned(),)]);
    Ok(())
}

#[tokio::test]
async fn a_backup_that_is_not_whole_changes_nothing() -> TestResult {
    let files = Files::new()?;
    backed_up(&files, "one").await?;
    let before = std::fs::read(files.db())?;
    let backup = files.path("b.db");
    let sound = std::fs::read(&backup)?;
    let last = sound.len() - 1_000;
    let mut damaged = sound.clone();
    damaged[last] ^= 1;
    std::fs::write(&backup, damaged)?;
    let error = reason(refusal(run(&files).await)?)?;
    assert!(
        matches!(error, MaintenanceError::Damaged { .. }),
        "{error:?}"
    );

    // A whole page less: every HMAC fits, and the structure does not.
    std::fs::write(&backup, &sound[..sound.len() - 4096])?;
    let error = reason(refusal(run(&files).await)?)?;
    assert!(
        matches!(error, MaintenanceError::Damaged { .. }),
        "{error:?}"
    );

    std::fs::write(&backup, &sound)?;
    let wrong = Some(raw_key(8).into());
    let refused = restore(&backup, files.db(), wrong, &MaintenanceOptions::new()).await;
    assert!(refusal(refused)?.is_wrong_key());
    assert!(std::fs::read(files.db())? == before);
    assert_eq!(files.dir().read_dir()?.count(), 2, "something was left");
    Ok(())
}

#[tokio::test]
async fn a_backup_in_use_is_refused_and_so_is_the_database_itself() -> TestResult {
    let files = Files::new()?;
    backed_up(&files, "one").await?;
    // Whoever has it open can write to it at any moment, however empty the log is.
    let open = builder(files.path("b.db")).connect().await?;
    open.fetch_optional::<(i64, i64, i64)>("PRAGMA wal_checkpoint(TRUNCATE)", ())
        .await?;
    let error = refusal(run(&files).await)?;
    assert!(error.is_busy(), "{error:?}");
    open.close().await?;
    leave_a_log(&files.path("b.db"), &raw_key(7))?;
    let error = refusal(run(&files).await)?;
    assert!(error.is_busy(), "{error:?}");
    assert_eq!(values(&files.db()).await?.len(), 2);

    let (key, options) = (Some(raw_key(7).into()), MaintenanceOptions::new());
    let error = refusal(restore(files.db(), files.db(), key, &options).await)?;
    assert!(matches!(
        error,
        DatabaseError::Connection(DatabaseConnectionError::UnusablePath { .. })
    ));
    Ok(())
}

#[tokio::test]
async fn a_restore_that_is_stopped_changes_nothing() -> TestResult {
    let files = Files::new()?;
    backed_up(&files, "one").await?;
    let before = std::fs::read(files.db())?;
    let options = MaintenanceOptions::new().on_progress(|_| ControlFlow::Break(()));
    let key = Some(raw_key(7).into());
    let refused = restore(files.path("b.db"), files.db(), key, &options).await;
    let error = reason(refusal(refused)?)?;
    assert!(matches!(error, MaintenanceError::Stopped));
    assert!(std::fs::read(files.db())? == before);
    assert_eq!(files.dir().read_dir()?.count(), 2);
    Ok(())
}

#[tokio::test]
async fn an_idle_connection_to_the_old_file_finds_no_database_any_more() -> TestResult {
    let files = Files::new()?;
    backed_up(&files, "one").await?;
    let plain = files.path("plain.db");
    let idle = Connection::open(&plain)?;
    idle.execute_batch("CREATE TABLE t (v)")?;
    let (key, options) = (Some(raw_key(7).into()), MaintenanceOptions::new());
    restore(files.path("b.db"), &plain, key, &options).await?;
    assert!(idle.execute_batch("INSERT INTO t VALUES (1)").is_err());
    drop(idle);
    let db: AsyncDatabase = builder(&plain).connect().await?;
    assert!(db.verify().await?.is_sound());
    Ok(())
}
