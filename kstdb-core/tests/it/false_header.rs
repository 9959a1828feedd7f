//! A first page that is authentic and names smaller pages than the file has: SQLite would believe it,
//! SQLCipher not, and both would write beyond the end of memory.

use std::path::Path;

use kstdb_core::cipher::Damage;
use kstdb_core::maintenance::{
    MaintenanceError, MaintenanceOptions, VerifyLevel, VerifyOptions, decrypt, restore, upgrade,
    verify,
};
use kstdb_core::{DatabaseError, EncryptionError};

use crate::support::{Files, TestResult, name_smaller_pages, raw_key, refusal};

/// A closed database with a table.
async fn filled(files: &Files) -> TestResult {
    let db = files.open().await?;
    db.execute("CREATE TABLE t (v)", ()).await?;
    db.execute("INSERT INTO t VALUES (hex(randomblob(3000)))", ())
        .await?;
    Ok(db.close().await?)
}

fn is_refused(error: &DatabaseError) -> bool {
    let DatabaseError::Encryption(EncryptionError::Damaged { damage, .. }) = error else {
        return false;
    };
    let page_size_bytes = 512;
    let expected = Damage::FalseHeader {
        page_size_bytes,
        reserve_bytes: 80,
    };
    *damage == expected && error.is_corrupt()
}

#[tokio::test]
async fn no_pool_is_opened_and_the_file_stays_as_it_is() -> TestResult {
    let files = Files::new()?;
    filled(&files).await?;
    name_smaller_pages(&files.db())?;
    let before = std::fs::read(files.db())?;
    let error = refusal(files.open().await)?;
    assert!(is_refused(&error), "{error:?}");
    assert!(std::fs::read(files.db())? == before, "it was changed");
    assert_eq!(files.dir().read_dir()?.count(), 1, "something was left");
    Ok(())
}

#[tokio::test]
async fn a_connection_that_an_open_pool_opens_later_is_refused_too() -> TestResult {
    let files = Files::new()?;
    filled(&files).await?;
    let builder = files.builder().min_connections(1).max_connections(2);
    let db = builder.connect().await?;
    let first = db.connection().await?;
    name_smaller_pages(&files.db())?;
    let error = refusal(db.connection().await)?;
    assert!(is_refused(&error), "{error:?}");
    drop(first);
    Ok(db.close().await?)
}

#[tokio::test]
async fn no_maintenance_reads_it() -> TestResult {
    let files = Files::new()?;
    filled(&files).await?;
    std::fs::copy(files.db(), files.path("b.db"))?;
    name_smaller_pages(&files.path("b.db"))?;
    let options = MaintenanceOptions::new();
    let (file, backup) = (files.db(), files.path("b.db"));
    let before = std::fs::read(&backup)?;

    let error = refusal(decrypt(&backup, raw_key(7), &options).await)?;
    assert!(is_refused(&error), "{error:?}");
    let error = refusal(upgrade(&backup, raw_key(7), &options).await)?;
    assert!(is_refused(&error), "{error:?}");
    let restored = restore(&backup, &file, Some(raw_key(7).into()), &options).await;
    match refusal(restored)? {
        DatabaseError::Maintenance(MaintenanceError::Damaged { path, finding }) => {
            assert_eq!(path, backup);
            assert!(finding.contains("512 bytes"), "{finding}");
        }
        other => return Err(format!("{other:?}").into()),
    }
    assert!(std::fs::read(&backup)? == before, "it was changed");
    assert_eq!(files.dir().read_dir()?.count(), 2, "something was left");
    Ok(())
}

async fn findings(path: &Path, level: VerifyLevel) -> TestResult<Vec<String>> {
    let options = VerifyOptions::new().level(level);
    let report = verify(path, Some(raw_key(7).into()), &options).await?;
    let pages = report.pages.as_ref();
    assert!(pages.is_some_and(|pages| pages.is_sound()));
    Ok(report.findings().collect())
}

#[tokio::test]
async fn a_verification_that_opens_the_file_says_why_it_does_not() -> TestResult {
    let files = Files::new()?;
    filled(&files).await?;
    name_smaller_pages(&files.db())?;
    let found = findings(&files.db(), VerifyLevel::Structure).await?;
    assert!(
        found.len() == 1 && found[0].contains("does not open: its first page says falsely"),
        "{found:?}"
    );
    // Nothing is decrypted, and every page is one that somebody with the key has written.
    assert!(findings(&files.db(), VerifyLevel::Pages).await?.is_empty());
    Ok(())
}

/// A write-ahead log with this first page, committed, for a file of so many pages.
fn log(page: &[u8], pages: u32) -> Vec<u8> {
    let mut checksum = (0_u32, 0_u32);
    let mut add = |bytes: &[u8]| {
        let word = |bytes: &[u8]| u32::from_be_bytes(bytes.try_into().unwrap_or_default());
        for pair in bytes.chunks_exact(8) {
            checksum.0 = checksum
                .0
                .wrapping_add(word(&pair[..4]))
                .wrapping_add(checksum.1);
            checksum.1 = checksum
                .1
                .wrapping_add(word(&pair[4..]))
                .wrapping_add(checksum.0);
        }
        [checksum.0.to_be_bytes(), checksum.1.to_be_bytes()].concat()
    };
    let words =
        |words: &[u32]| -> Vec<u8> { words.iter().flat_map(|word| word.to_be_bytes()).collect() };
    let salt = [0; 8];
    let mut log = words(&[0x377f_0683, 3_007_000, 4_096, 0]);
    log.extend(salt);
    log.extend(add(&log));
    let frame = words(&[1, pages]);
    add(&frame);
    let sum = add(page);
    log.extend([frame, salt.to_vec(), sum, page.to_vec()].concat());
    log
}

#[tokio::test]
async fn a_verification_does_not_let_sqlite_read_it_in_a_log() -> TestResult {
    let files = Files::new()?;
    filled(&files).await?;
    let file = std::fs::read(files.db())?;
    name_smaller_pages(&files.db())?;
    let pages = u32::try_from(file.len() / 4_096)?;
    let log = log(&std::fs::read(files.db())?[..4_096], pages);
    std::fs::write(files.db(), &file)?;
    std::fs::write(files.path("app.db-wal"), &log)?;
    let found = findings(&files.db(), VerifyLevel::Structure).await?;
    assert!(
        found.len() == 1 && found[0].contains("does not open: its first page says falsely"),
        "{found:?}"
    );
    assert!(std::fs::read(files.path("app.db-wal"))? == log);
    Ok(())
}

#[tokio::test]
async fn it_can_be_replaced_by_a_backup() -> TestResult {
    let files = Files::new()?;
    filled(&files).await?;
    std::fs::copy(files.db(), files.path("b.db"))?;
    name_smaller_pages(&files.db())?;
    let key = Some(raw_key(7).into());
    let options = MaintenanceOptions::new();
    assert!(
        restore(files.path("b.db"), files.db(), key, &options)
            .await?
            .replaced
    );
    files.open().await?.close().await?;
    Ok(())
}
