//! Verification: damage is named, all of it, while the database is in use or not.

use std::ops::ControlFlow;
use std::path::Path;

use kstdb_core::cipher::rusqlite::Connection;
use kstdb_core::cipher::rusqlite::config::DbConfig as Switch;
use kstdb_core::cipher::{
    CipherCompatibility, CipherKey, FrameFault, UnlockOptions, apply_derived_key, unlock,
};
use kstdb_core::error::EncryptionError;
use kstdb_core::maintenance::{MaintenanceError, VerifyLevel, VerifyOptions, VerifyReport, verify};
use kstdb_core::{AsyncDatabase, DatabaseError, DbConfig};

use crate::support::{Files, TestResult, raw_key, refusal};

const PAGE_BYTES: usize = 4096;

async fn filled(files: &Files) -> TestResult<AsyncDatabase> {
    let db = files.open().await?;
    db.execute("CREATE TABLE t (n INTEGER PRIMARY KEY, v)", ())
        .await?;
    let rows = (0..500).map(|n| (n,));
    db.execute_many("INSERT INTO t VALUES (?, hex(randomblob(150)))", rows)
        .await?;
    Ok(db)
}

fn flip(path: &Path, page: usize, place: usize) -> TestResult {
    let mut bytes = std::fs::read(path)?;
    bytes[(page - 1) * PAGE_BYTES + place] ^= 1;
    Ok(std::fs::write(path, bytes)?)
}

fn damaged(report: &VerifyReport) -> Vec<u32> {
    let runs = report.pages.iter().flat_map(|pages| &pages.damaged);
    runs.flat_map(|run| run.first..=run.last).collect()
}

async fn offline(files: &Files, level: VerifyLevel) -> Result<VerifyReport, DatabaseError> {
    let options = VerifyOptions::new().level(level);
    verify(files.db(), Some(raw_key(7).into()), &options).await
}

#[tokio::test]
async fn a_sound_database_has_no_findings_on_any_level() -> TestResult {
    let files = Files::new()?;
    let db = filled(&files).await?;
    for (level, asked) in [
        (VerifyLevel::Pages, [false, false]),
        (VerifyLevel::Structure, [true, false]),
        (VerifyLevel::Everything, [true, true]),
    ] {
        let report = db.verify_with(&VerifyOptions::new().level(level)).await?;
        assert!(
            report.is_sound(),
            "{:?}",
            report.findings().collect::<Vec<_>>()
        );
        assert_eq!([report.integrity.is_some(), report.cipher.is_some()], asked);
        assert!(report.pages.is_some_and(|pages| pages.wal.is_some()));
    }
    db.close().await?;
    assert!(offline(&files, VerifyLevel::Everything).await?.is_sound());
    assert_eq!(files.dir().read_dir()?.count(), 1);
    Ok(())
}

#[tokio::test]
async fn a_file_that_was_cut_between_two_pages_is_not_sound() -> TestResult {
    let files = Files::new()?;
    filled(&files).await?.close().await?;
    let whole = std::fs::read(files.db())?;
    for pages in [2, whole.len() / PAGE_BYTES - 1] {
        std::fs::write(files.db(), &whole[..pages * PAGE_BYTES])?;
        let report = offline(&files, VerifyLevel::Structure).await?;
        assert!(damaged(&report).is_empty());
        assert!(!report.is_sound(), "{pages} pages");
    }
    Ok(())
}

#[tokio::test]
async fn a_damaged_page_is_named_whichever_it_is() -> TestResult {
    let files = Files::new()?;
    filled(&files).await?.close().await?;
    let whole = std::fs::read(files.db())?;
    for page in 2..=whole.len() / PAGE_BYTES {
        std::fs::write(files.db(), &whole)?;
        flip(&files.db(), page, 0)?;
        let report = offline(&files, VerifyLevel::Structure).await?;
        assert_eq!(damaged(&report), [u32::try_from(page)?]);
    }
    Ok(())
}

#[tokio::test]
async fn damaged_pages_are_named_while_the_database_is_open() -> TestResult {
    let files = Files::new()?;
    let db = filled(&files).await?;
    db.close().await?;
    flip(&files.db(), 4, 100)?;
    flip(&files.db(), 9, 4_040)?;
    let db = files.open().await?;
    let options = VerifyOptions::new().level(VerifyLevel::Everything);
    let report = db.verify_with(&options).await?;
    assert_eq!(damaged(&report), [4, 9]);
    // All that SQLCipher finds, too, not its first row.
    let said = report.cipher.as_ref().ok_or("not asked")?;
    assert!(said.len() == 2 && said[0].contains("page 4") && said[1].contains("page 9"));
    // It would name sound pages, too.
    assert_eq!(report.integrity, None);
    assert!(
        report
            .findings()
            .any(|line| line == "page 4 does not fit its HMAC")
    );
    // The pool goes on: none of its own connections has read them.
    assert_eq!(db.fetch_value::<i64>("SELECT 1", ()).await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_damaged_first_page_is_no_wrong_key() -> TestResult {
    let files = Files::new()?;
    filled(&files).await?.close().await?;
    flip(&files.db(), 1, 2_000)?;
    let report = offline(&files, VerifyLevel::Everything).await?;
    assert_eq!(damaged(&report), [1]);
    assert_eq!((report.integrity, report.cipher), (None, None));

    let wrong = Some(raw_key(8).into());
    let error = refusal(verify(files.db(), wrong, &VerifyOptions::new()).await)?;
    assert!(error.is_wrong_key(), "{error:?}");
    Ok(())
}

#[tokio::test]
async fn a_file_of_another_version_is_told_from_a_wrong_key() -> TestResult {
    let files = Files::new()?;
    let text = format!("x'{}'", "7e".repeat(32));
    let sql = Connection::open(files.db())?;
    sql.pragma_update(None, "key", &text)?;
    sql.execute_batch("PRAGMA cipher_compatibility = 3; CREATE TABLE t (a)")?;
    drop(sql);
    let key = std::sync::Arc::new(CipherKey::passphrase(text.as_str())?);
    let refused = verify(files.db(), Some(key.clone()), &VerifyOptions::new()).await;
    assert!(matches!(
        refusal(refused)?,
        DatabaseError::Encryption(EncryptionError::OtherCipherSettings { .. })
    ));
    let options = VerifyOptions::new().profile(CipherCompatibility::V3);
    let report = verify(files.db(), Some(key), &options).await?;
    assert!(report.is_sound() && report.pages.is_some_and(|pages| pages.authenticated));
    Ok(())
}

#[tokio::test]
async fn every_broken_row_is_collected() -> TestResult {
    let files = Files::new()?;
    let db = files.builder().foreign_keys(false).connect().await?;
    db.execute_batch(
        "CREATE TABLE parent (id INTEGER PRIMARY KEY);
         CREATE TABLE child (n INTEGER PRIMARY KEY, p REFERENCES parent, c CHECK (c > 0));",
    )
    .await?;
    let mut connection = db.connection().await?;
    connection
        .execute("PRAGMA ignore_check_constraints = ON", ())
        .await?;
    let rows = (1..=250).map(|n| (n,));
    connection
        .execute_many("INSERT INTO child VALUES (?1, ?1, -1)", rows)
        .await?;
    drop(connection);
    let report = db.verify().await?;
    let broken = report.foreign_keys.as_ref().ok_or("nobody looked")?;
    assert_eq!(broken.len(), 250);
    assert_eq!(
        (
            broken[6].table.as_str(),
            broken[6].rowid,
            broken[6].parent.as_str()
        ),
        ("child", Some(7), "parent")
    );
    assert!(broken[6].to_string().starts_with("row 7 of child: "));
    assert_eq!(report.integrity.as_ref().map(Vec::len), Some(250));
    assert!(!report.is_sound());
    Ok(())
}

#[tokio::test]
async fn a_foreign_key_to_nothing_that_can_be_referred_to_is_a_finding() -> TestResult {
    let files = Files::new()?;
    let db = files.builder().foreign_keys(false).connect().await?;
    db.execute_batch(
        "CREATE TABLE parent (a);
         CREATE TABLE child (p REFERENCES parent (a));
         INSERT INTO child VALUES (1);",
    )
    .await?;
    let report = db.verify().await?;
    let findings: Vec<String> = report.findings().collect();
    assert_eq!(findings.len(), 1);
    assert!(findings[0].contains("foreign key mismatch"), "{findings:?}");
    Ok(())
}

#[tokio::test]
async fn a_damaged_frame_of_the_log_is_named() -> TestResult {
    let files = Files::new()?;
    filled(&files).await?.close().await?;
    // Somebody writes, and leaves the log behind.
    let derived = unlock(&files.db(), &raw_key(7), &UnlockOptions::new())?.derived;
    let sql = Connection::open(files.db())?;
    apply_derived_key(&sql, &derived, CipherCompatibility::V4)?;
    sql.set_db_config(Switch::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    for _ in 0..4 {
        sql.execute_batch("UPDATE t SET v = hex(randomblob(150)) WHERE n = 77")?;
    }
    drop(sql);
    let log = files.path("app.db-wal");
    let mut bytes = std::fs::read(&log)?;
    bytes[32 + 24 + 4_120 + 1_000] ^= 1;
    std::fs::write(&log, &bytes)?;
    let report = offline(&files, VerifyLevel::Pages).await?;
    let wal = report.pages.as_ref().and_then(|pages| pages.wal.as_ref());
    let damaged = &wal.ok_or("no log")?.damaged;
    assert_eq!((damaged.len(), damaged[0].frame), (1, 2));
    assert_eq!(damaged[0].fault, FrameFault::Checksum);
    assert!(std::fs::read(&log)? == bytes, "the log was changed");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_under_load_is_sound() -> TestResult {
    let files = Files::new()?;
    let db = filled(&files).await?;
    let writer = tokio::spawn({
        let db = db.clone();
        async move {
            for _ in 0..400 {
                db.execute("UPDATE t SET v = hex(randomblob(150)) WHERE n % 7 = 0", ())
                    .await?;
            }
            Ok::<_, DatabaseError>(())
        }
    });
    let mut verified = 0;
    while !writer.is_finished() {
        let options = VerifyOptions::new().level(VerifyLevel::Everything);
        let report = db.verify_with(&options).await?;
        assert!(
            report.is_sound(),
            "{:?}",
            report.findings().collect::<Vec<_>>()
        );
        verified += 1;
    }
    writer.await??;
    assert!(verified > 0);
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_verified_is_typed() -> TestResult {
    let files = Files::new()?;
    let refused = verify(files.db(), None, &VerifyOptions::new()).await;
    assert!(matches!(
        refusal(refused)?,
        DatabaseError::Encryption(EncryptionError::NotFound { .. })
    ));
    filled(&files).await?.close().await?;
    let refused = verify(files.db(), None, &VerifyOptions::new()).await;
    assert!(matches!(
        refusal(refused)?,
        DatabaseError::Encryption(EncryptionError::NoKey { .. })
    ));
    let memory = AsyncDatabase::builder(":memory:").config(DbConfig::default());
    let error = refusal(memory.connect().await?.verify().await)?;
    assert!(matches!(
        error,
        DatabaseError::Maintenance(MaintenanceError::InMemory)
    ));
    let stop = VerifyOptions::new().on_progress(|_| ControlFlow::Break(()));
    let error = refusal(files.open().await?.verify_with(&stop).await)?;
    assert!(matches!(
        error,
        DatabaseError::Maintenance(MaintenanceError::Stopped)
    ));
    Ok(())
}

#[tokio::test]
async fn an_unencrypted_database_is_checked_without_hmacs() -> TestResult {
    let files = Files::new()?;
    let db = AsyncDatabase::builder(files.db()).config(DbConfig::default());
    let db = db.connect().await?;
    db.execute("CREATE TABLE t (n)", ()).await?;
    let report = db.verify().await?;
    assert!(report.is_sound() && report.pages.is_none() && report.integrity.is_some());
    db.close().await?;
    assert!(
        verify(files.db(), None, &VerifyOptions::new())
            .await?
            .is_sound()
    );
    Ok(())
}

/// Copies a database in the middle of a transaction whose journal is needed: as a crash leaves it.
fn crashed(files: &Files) -> TestResult<Files> {
    let copied = Files::new()?;
    let derived = unlock(&files.db(), &raw_key(7), &UnlockOptions::new())?.derived;
    let sql = Connection::open(files.db())?;
    apply_derived_key(&sql, &derived, CipherCompatibility::V4)?;
    sql.execute_batch(
        "PRAGMA journal_mode = DELETE; PRAGMA cache_size = 10; BEGIN; UPDATE t SET v = hex(randomblob(150))",
    )?;
    for name in ["app.db", "app.db-journal"] {
        std::fs::copy(files.path(name), copied.path(name))?;
    }
    Ok(copied)
}

#[tokio::test]
async fn a_transaction_that_a_crash_cut_off_is_left_to_the_next_opening() -> TestResult {
    let files = Files::new()?;
    filled(&files).await?.close().await?;
    let files = crashed(&files)?;
    let bytes =
        || std::io::Result::Ok([files.db(), files.path("app.db-journal")].map(std::fs::read));
    let [before, journal] = bytes()?;
    let (before, journal) = (before?, journal?);
    for key in [7, 8] {
        for level in [VerifyLevel::Pages, VerifyLevel::Structure] {
            let options = VerifyOptions::new().level(level);
            let key = Some(raw_key(key).into());
            let error = refusal(verify(files.db(), key, &options).await)?;
            let unfinished = matches!(
                error,
                DatabaseError::Maintenance(MaintenanceError::Unfinished { .. })
            );
            assert!(unfinished, "{error:?}");
            let [after, journal_after] = bytes()?;
            assert!(after? == before && journal_after? == journal);
        }
    }
    files.open().await?.close().await?;
    assert!(offline(&files, VerifyLevel::Structure).await?.is_sound());
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn pages_are_checked_without_opening_the_database() -> TestResult {
    let files = Files::new()?;
    filled(&files).await?.close().await?;
    // A connection makes files for the log and its index.
    let past = std::time::SystemTime::UNIX_EPOCH;
    std::fs::File::open(files.dir())?.set_modified(past)?;
    assert!(offline(&files, VerifyLevel::Pages).await?.is_sound());
    assert_eq!(files.dir().metadata()?.modified()?, past);
    Ok(())
}

#[tokio::test]
async fn a_file_that_somebody_has_for_himself_is_busy_and_not_sound() -> TestResult {
    let files = Files::new()?;
    filled(&files).await?.close().await?;
    let held = kstdb_core::cipher::hold(&files.db())?;
    let error = refusal(offline(&files, VerifyLevel::Structure).await)?;
    assert!(error.is_busy(), "{error:?}");
    drop(held);
    assert!(offline(&files, VerifyLevel::Structure).await?.is_sound());
    Ok(())
}
