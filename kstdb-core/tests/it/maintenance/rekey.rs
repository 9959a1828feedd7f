//! Another key for an open database.

use std::num::NonZeroU32;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kstdb_core::cipher::rusqlite::Connection;
use kstdb_core::maintenance::{MaintenanceError, RekeyOptions, Step};
use kstdb_core::secrecy::SecretBox;
use kstdb_core::{
    AsyncDatabase, CipherCompatibility, CipherKey, CipherProfile, DatabaseError, DbConfig,
    EncryptionError, PageSize,
};

use crate::support::{Files, TestResult, builder, poll_times, raw_key, refusal, until};

const NEW: u8 = 8;

/// A database with one row.
async fn database(files: &Files) -> Result<AsyncDatabase, DatabaseError> {
    let db = files.open().await?;
    db.execute("CREATE TABLE t (n INTEGER)", ()).await?;
    db.execute("INSERT INTO t VALUES (1)", ()).await?;
    Ok(db)
}

async fn count(db: &AsyncDatabase) -> Result<i64, DatabaseError> {
    db.fetch_value("SELECT count(*) FROM t", ()).await
}

/// Opens the file with this key and no other.
async fn opens_with(files: &Files, key: CipherKey) -> Result<i64, DatabaseError> {
    let db = builder(files.db()).key(key).connect().await?;
    let rows = count(&db).await?;
    db.close().await?;
    Ok(rows)
}

fn maintenance(error: DatabaseError) -> TestResult<MaintenanceError> {
    match error {
        DatabaseError::Maintenance(error) => Ok(error),
        other => Err(other.into()),
    }
}

/// The key has not changed, and the pool goes on.
async fn goes_on_with_the_old_key(files: &Files, db: AsyncDatabase) -> TestResult {
    db.execute("INSERT INTO t VALUES (2)", ()).await?;
    let rows = count(&db).await?;
    db.close().await?;
    assert_eq!(opens_with(files, raw_key(7)).await?, rows);
    assert!(refusal(opens_with(files, raw_key(NEW)).await)?.is_wrong_key());
    Ok(())
}

#[tokio::test]
async fn the_new_key_opens_and_the_old_one_does_not() -> TestResult {
    let files = Files::new()?;
    let db = database(&files).await?;
    db.rekey(raw_key(NEW)).await?;
    db.execute("INSERT INTO t VALUES (2)", ()).await?;
    db.rekey(CipherKey::passphrase("a passphrase")?).await?;
    db.execute("INSERT INTO t VALUES (3)", ()).await?;
    db.close().await?;

    for old in [7, NEW] {
        let error = refusal(opens_with(&files, raw_key(old)).await)?;
        assert!(error.is_wrong_key(), "{error:?}");
    }
    let key = CipherKey::passphrase("a passphrase")?;
    assert_eq!(opens_with(&files, key).await?, 3);
    assert_eq!(files.dir().read_dir()?.count(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_that_come_meanwhile_wait_and_succeed() -> TestResult {
    const TASKS: i64 = 8;
    let files = Files::new()?;
    let db = files.builder().max_connections(4).connect().await?;
    db.execute("CREATE TABLE t (n INTEGER)", ()).await?;
    let over = Arc::new(AtomicBool::new(false));
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let (db, over) = (db.clone(), Arc::clone(&over));
            tokio::spawn(async move {
                let mut written = 0;
                while !over.load(Ordering::Acquire) {
                    if task % 2 == 0 {
                        db.execute("INSERT INTO t VALUES (?)", (task,)).await?;
                        written += 1;
                    } else {
                        count(&db).await?;
                    }
                }
                Ok::<i64, DatabaseError>(written)
            })
        })
        .collect();
    for key in [1, 2, 3, 4, 5, NEW] {
        db.rekey(raw_key(key)).await?;
    }
    over.store(true, Ordering::Release);
    let mut written = 0;
    for task in tasks {
        written += task.await??;
    }
    assert_eq!(count(&db).await?, written);
    assert_eq!(db.stats().total_errors, 0);
    db.close().await?;
    assert_eq!(opens_with(&files, raw_key(NEW)).await?, written);
    Ok(())
}

#[tokio::test]
async fn the_same_key_is_refused() -> TestResult {
    let files = Files::new()?;
    let db = database(&files).await?;
    let error = maintenance(refusal(db.rekey(raw_key(7)).await)?)?;
    assert!(matches!(error, MaintenanceError::SameKey), "{error:?}");
    // A raw key is not stretched: with other rounds it is the same.
    let rounds = CipherCompatibility::V4.profile();
    let rounds = rounds.kdf_iterations(NonZeroU32::MIN);
    let options = RekeyOptions::new().profile(rounds);
    let error = maintenance(refusal(db.rekey_with(raw_key(7), &options).await)?)?;
    assert!(matches!(error, MaintenanceError::SameKey), "{error:?}");
    goes_on_with_the_old_key(&files, db).await
}

#[tokio::test]
async fn a_file_that_is_open_elsewhere_keeps_its_key() -> TestResult {
    let files = Files::new()?;
    let db = files
        .builder()
        .busy_timeout(Duration::from_millis(50))
        .connect()
        .await?;
    db.execute("CREATE TABLE t (n INTEGER)", ()).await?;
    let elsewhere = database_elsewhere(&files).await?;
    let error = refusal(db.rekey(raw_key(NEW)).await)?;
    assert!(error.is_busy(), "{error:?}");
    let error = maintenance(error)?;
    assert!(matches!(error, MaintenanceError::InUse { .. }), "{error:?}");
    elsewhere.close().await?;
    goes_on_with_the_old_key(&files, db).await
}

/// Another pool is to the file what another process is.
async fn database_elsewhere(files: &Files) -> Result<AsyncDatabase, DatabaseError> {
    let db = files.open().await?;
    count(&db).await?;
    Ok(db)
}

#[tokio::test]
async fn a_connection_that_is_not_given_back_ends_the_wait() -> TestResult {
    let files = Files::new()?;
    let db = files.open_with(2).await?;
    db.execute("CREATE TABLE t (n INTEGER)", ()).await?;
    let held = db.connection().await?;
    let error = refusal(db.rekey(raw_key(NEW)).await)?;
    assert!(error.is_timeout(), "{error:?}");
    drop(held);
    goes_on_with_the_old_key(&files, db).await
}

#[tokio::test]
async fn what_has_no_key_or_no_file_is_refused() -> TestResult {
    let files = Files::new()?;
    let plain = AsyncDatabase::builder(files.db())
        .config(DbConfig::default())
        .connect()
        .await?;
    let error = maintenance(refusal(plain.rekey(raw_key(NEW)).await)?)?;
    assert!(matches!(error, MaintenanceError::NotEncrypted { .. }));
    let memory = builder(":memory:").connect().await?;
    let error = maintenance(refusal(memory.rekey(raw_key(NEW)).await)?)?;
    assert!(matches!(error, MaintenanceError::InMemory));
    plain.close().await?;
    assert!(refusal(plain.rekey(raw_key(NEW)).await)?.is_closed());
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_with_a_second_name_is_refused() -> TestResult {
    let files = Files::new()?;
    let db = database(&files).await?;
    std::fs::hard_link(files.db(), files.path("second.db"))?;
    let error = refusal(db.rekey(raw_key(NEW)).await)?;
    assert!(matches!(
        error,
        DatabaseError::Encryption(EncryptionError::HardLink { names: 2, .. })
    ));
    std::fs::remove_file(files.path("second.db"))?;
    goes_on_with_the_old_key(&files, db).await
}

#[tokio::test]
async fn a_listener_stops_it_before_the_first_page() -> TestResult {
    let files = Files::new()?;
    let db = database(&files).await?;
    let stop = RekeyOptions::new().on_progress(|_| ControlFlow::Break(()));
    let error = maintenance(refusal(db.rekey_with(raw_key(NEW), &stop).await)?)?;
    assert!(matches!(error, MaintenanceError::Stopped), "{error:?}");
    goes_on_with_the_old_key(&files, db).await
}

#[tokio::test]
async fn a_dropped_future_leaves_one_of_the_two_keys_and_a_pool_that_has_it() -> TestResult {
    for polls in 1..8 {
        let files = Files::new()?;
        let db = database(&files).await?;
        let done = poll_times(polls, db.rekey(raw_key(NEW))).await;
        db.execute("INSERT INTO t VALUES (2)", ()).await?;
        assert_eq!(count(&db).await?, 2);
        db.close().await?;
        let opened = [
            opens_with(&files, raw_key(7)).await,
            opens_with(&files, raw_key(NEW)).await,
        ];
        assert_eq!(opened.iter().filter(|opened| opened.is_ok()).count(), 1);
        if done.is_some() {
            assert!(opened[1].is_ok());
            break;
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_close_meanwhile_waits_and_wipes_the_new_key_too() -> TestResult {
    let files = Files::new()?;
    let db = database(&files).await?;
    let begun = Arc::new(AtomicBool::new(false));
    let options = RekeyOptions::new().on_progress({
        let begun = Arc::clone(&begun);
        move |_| {
            begun.store(true, Ordering::Release);
            ControlFlow::Continue(())
        }
    });
    let rekey = tokio::spawn({
        let db = db.clone();
        async move { db.rekey_with(raw_key(NEW), &options).await }
    });
    until("the rekey begins", || begun.load(Ordering::Acquire)).await?;
    db.close().await?;
    rekey.await??;
    assert!(refusal(count(&db).await)?.is_closed());
    assert_eq!(opens_with(&files, raw_key(NEW)).await?, 1);
    Ok(())
}

#[tokio::test]
async fn rounds_and_page_size_can_be_changed() -> TestResult {
    let usual = CipherCompatibility::V4.profile();
    let rounds = usual.kdf_iterations(NonZeroU32::MIN.saturating_add(999));
    let large = rounds.page_size(PageSize::Bytes8192);
    let files = Files::new()?;
    let key = || CipherKey::passphrase("a passphrase");
    let path = files.db();
    let open = async |profile: CipherProfile| {
        let builder = builder(&path).key(key()?).cipher_profile(profile);
        TestResult::Ok(builder.connect().await?)
    };
    let db = open(usual).await?;
    db.execute("CREATE TABLE t (n INTEGER)", ()).await?;
    let mut before = usual;
    // In place, into a new file, and back.
    for profile in [rounds, large, usual] {
        let options = RekeyOptions::new().profile(profile);
        db.rekey_with(key()?, &options).await?;
        db.execute("INSERT INTO t VALUES (1)", ()).await?;
        let page_size: String = db.fetch_value("PRAGMA cipher_page_size", ()).await?;
        assert_eq!(page_size, profile.page_size_bytes.to_string());
        assert_ne!(before, profile);
        before = profile;
    }
    db.close().await?;
    refusal(open(large).await)?;
    let db = open(usual).await?;
    assert_eq!(count(&db).await?, 3);
    Ok(())
}

#[tokio::test]
async fn two_changes_at_once_come_one_after_the_other() -> TestResult {
    let files = Files::new()?;
    let db = database(&files).await?;
    let large = CipherCompatibility::V4.profile();
    let large = large.page_size(PageSize::Bytes8192);
    let options = RekeyOptions::new().profile(large);
    let key = || CipherKey::passphrase("a passphrase");
    // The second one derives its key for the salt that the first one takes away.
    let (copied, in_place) = tokio::join!(db.rekey_with(raw_key(NEW), &options), db.rekey(key()?));
    copied?;
    in_place?;
    db.close().await?;
    let db = builder(files.db()).key(key()?).cipher_profile(large);
    assert_eq!(count(&db.connect().await?).await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_raw_key_with_its_own_salt_gets_it() -> TestResult {
    let files = Files::new()?;
    let db = database(&files).await?;
    let key = || {
        let key = SecretBox::new(Box::new([9; 32]));
        CipherKey::raw_key_with_salt(key, [0x5a; 16])
    };
    db.rekey(key()).await?;
    db.execute("INSERT INTO t VALUES (2)", ()).await?;
    db.close().await?;
    assert_eq!(std::fs::read(files.db())?[..16], [0x5a; 16]);
    assert_eq!(opens_with(&files, key()).await?, 2);
    Ok(())
}

#[tokio::test]
async fn progress_begins_and_ends() -> TestResult {
    let files = Files::new()?;
    let db = database(&files).await?;
    let told = Arc::new(std::sync::Mutex::new(Vec::new()));
    let options = RekeyOptions::new().on_progress({
        let told = Arc::clone(&told);
        move |progress| {
            if let Ok(mut told) = told.lock() {
                told.push(progress);
            }
            ControlFlow::Continue(())
        }
    });
    db.rekey_with(raw_key(NEW), &options).await?;
    let told = told.lock().map_err(|_| "poisoned")?.clone();
    let (Some(first), Some(last)) = (told.first(), told.last()) else {
        return Err("nothing was told".into());
    };
    assert_eq!((first.step, first.done), (Step::Rekey, 0));
    assert_eq!(last.done, last.total);
    Ok(())
}

#[tokio::test]
async fn the_file_opens_elsewhere_with_the_new_passphrase() -> TestResult {
    let files = Files::new()?;
    let db = database(&files).await?;
    db.rekey(CipherKey::passphrase("it's new")?).await?;
    db.close().await?;
    let elsewhere = Connection::open(files.db())?;
    elsewhere.execute_batch("PRAGMA key = 'it''s new'")?;
    let rows: i64 = elsewhere.query_row("SELECT count(*) FROM t", [], |row| row.get(0))?;
    assert_eq!(rows, 1);
    Ok(())
}
