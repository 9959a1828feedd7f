//! Backups: one moment of a database in use, under the same key or another, whole or not at all.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use kstdb_core::cipher::{FileState, hold, inspect};
use kstdb_core::error::DatabaseConnectionError;
use kstdb_core::maintenance::{BackupOptions, MaintenanceError, Step};
use kstdb_core::{AsyncDatabase, DatabaseError, DbConfig};

use crate::support::{
    Files, TestResult, builder, damage_last_page, poll_times, raw_key, refusal, until,
};

/// A database with `rows` rows, about ten to a page.
async fn filled(files: &Files, rows: i64) -> TestResult<AsyncDatabase> {
    let db = files.open().await?;
    let tables =
        "CREATE TABLE a (n INTEGER PRIMARY KEY, v); CREATE TABLE b (n INTEGER PRIMARY KEY, v)";
    db.execute_batch(tables).await?;
    db.execute_many(
        "INSERT INTO a VALUES (?, hex(randomblob(150)))",
        (0..rows).map(|n| (n,)),
    )
    .await?;
    Ok(db)
}

fn refused(error: &DatabaseError) -> Option<&MaintenanceError> {
    match error {
        DatabaseError::Maintenance(error) => Some(error),
        _ => None,
    }
}

fn names(files: &Files) -> TestResult<Vec<String>> {
    let mut names = Vec::new();
    for entry in files.dir().read_dir()? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

#[tokio::test]
async fn a_backup_is_the_database_under_the_same_key() -> TestResult {
    let files = Files::new()?;
    let db = filled(&files, 500).await?;
    db.execute_batch("PRAGMA user_version = 9; PRAGMA application_id = 77")
        .await?;
    let backup = db.backup(files.path("b.db")).await?;
    assert_eq!(backup.path, files.path("b.db"));
    assert_eq!(backup.size_bytes, files.path("b.db").metadata()?.len());
    assert_eq!(backup.pages, backup.size_bytes / 4096);
    assert!(inspect(&backup.path)?.state.is_opaque());
    let copy = builder(&backup.path).connect().await?;
    let rows = "SELECT count(*), sum(length(v)) FROM a";
    let ours: (i64, i64) = db.fetch_one(rows, ()).await?;
    let theirs: (i64, i64) = copy.fetch_one(rows, ()).await?;
    assert_eq!(ours, theirs);
    for (pragma, value) in [("PRAGMA user_version", 9), ("PRAGMA application_id", 77)] {
        assert_eq!(copy.fetch_value::<i64>(pragma, ()).await?, value);
    }
    copy.close().await?;
    db.close().await?;
    assert_eq!(names(&files)?, ["app.db", "b.db"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_go_on_and_the_backup_is_one_moment() -> TestResult {
    let files = Files::new()?;
    let db = filled(&files, 2_000).await?;
    let going_on = Arc::new(AtomicBool::new(true));
    let writer = tokio::spawn({
        let (db, going_on) = (db.clone(), Arc::clone(&going_on));
        async move {
            let mut written = 2_000_i64;
            while going_on.load(Ordering::Relaxed) {
                db.write(move |tx| {
                    tx.execute("INSERT INTO a VALUES (?, 'pair')", (written,))?;
                    tx.execute("INSERT INTO b VALUES (?, 'pair')", (written,))?;
                    Ok::<_, DatabaseError>(())
                })
                .await?;
                written += 1;
            }
            Ok::<_, DatabaseError>(written)
        }
    });
    for number in 0..5 {
        let least: i64 = db.fetch_value("SELECT max(n) FROM a", ()).await?;
        let path = files.path(&format!("{number}.db"));
        db.backup(&path).await?;
        let copy = builder(&path).connect().await?;
        let pairs = "SELECT (SELECT max(n) FROM a), (SELECT count(*) FROM a WHERE v = 'pair'), \
                     (SELECT count(*) FROM b)";
        let (last, ours, theirs): (i64, i64, i64) = copy.fetch_one(pairs, ()).await?;
        assert!(last >= least, "a row that was there before is missing");
        assert_eq!(ours, theirs, "half a transaction");
        assert!(copy.verify().await?.is_sound());
        copy.close().await?;
    }
    going_on.store(false, Ordering::Relaxed);
    let written = writer.await??;
    assert!(written > 2_000, "the writer stood still");
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn another_key_opens_the_backup_and_that_of_the_database_does_not() -> TestResult {
    let files = Files::new()?;
    let db = filled(&files, 100).await?;
    let path = files.path("b.db");
    db.backup_with(&path, &BackupOptions::new().key(raw_key(8)))
        .await?;
    let salt = |path| match inspect(path)?.state {
        FileState::Opaque { salt } => TestResult::Ok(salt),
        state => Err(format!("{state:?}").into()),
    };
    assert_ne!(salt(&path)?, salt(&files.db())?);
    assert!(refusal(builder(&path).connect().await)?.is_wrong_key());
    let copy = builder(&path).key(raw_key(8)).connect().await?;
    let rows: i64 = copy.fetch_value("SELECT count(*) FROM a", ()).await?;
    assert_eq!(rows, 100);
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn a_backup_is_for_its_owner_alone_from_the_start() -> TestResult {
    use std::os::unix::fs::PermissionsExt as _;

    let files = Files::new()?;
    let db = filled(&files, 2_000).await?;
    let staged = files.path(".b.db.kstdb-new");
    let modes = Arc::new(Mutex::new(Vec::new()));
    let options = BackupOptions::new().on_progress({
        let modes = Arc::clone(&modes);
        move |_| {
            let mode = staged.metadata().map(|file| file.permissions().mode());
            if let (Ok(mode), Ok(mut modes)) = (mode, modes.lock()) {
                modes.push(mode & 0o777);
            }
            ControlFlow::Continue(())
        }
    });
    db.backup_with(files.path("b.db"), &options).await?;
    let mode = files.path("b.db").metadata()?.permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let modes = modes.lock().map_err(|error| error.to_string())?;
    assert!(!modes.is_empty() && modes.iter().all(|mode| *mode == 0o600));
    Ok(())
}

#[tokio::test]
async fn nothing_is_overwritten_unless_that_is_asked_for() -> TestResult {
    let files = Files::new()?;
    let db = filled(&files, 10).await?;
    let path = files.path("b.db");
    db.backup(&path).await?;
    let before = std::fs::read(&path)?;
    db.execute("DELETE FROM a", ()).await?;
    let error = refusal(db.backup(&path).await)?;
    assert!(
        matches!(refused(&error), Some(MaintenanceError::Exists { .. })),
        "{error:?}"
    );
    assert!(std::fs::read(&path)? == before);

    let overwrite = BackupOptions::new().overwrite(true);
    db.backup_with(&path, &overwrite).await?;
    let copy = builder(&path).connect().await?;
    let rows: i64 = copy.fetch_value("SELECT count(*) FROM a", ()).await?;
    assert_eq!(rows, 0);

    // Neither the database itself nor one that somebody has open.
    for in_use in [files.db(), path] {
        let error = refusal(db.backup_with(&in_use, &overwrite).await)?;
        assert!(error.is_busy(), "{error:?}");
    }
    copy.close().await?;
    Ok(())
}

/// Does something when the copy is made and is being verified.
fn while_verified(meanwhile: impl Fn() -> bool + Send + Sync + 'static) -> BackupOptions {
    BackupOptions::new()
        .overwrite(true)
        .on_progress(move |progress| match progress.step {
            Step::Verify if !meanwhile() => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        })
}

#[tokio::test]
async fn a_name_that_is_taken_meanwhile_stays_as_it_is() -> TestResult {
    let files = Files::new()?;
    let db = filled(&files, 10).await?;
    let (path, log) = (files.path("b.db"), files.path("b.db-wal"));
    // A log without its database would be that of the backup.
    let left = while_verified(move || std::fs::write(&log, "left").is_ok());
    let error = refusal(db.backup_with(&path, &left).await)?;
    assert!(
        matches!(refused(&error), Some(MaintenanceError::LogLeft { .. })),
        "{error:?}"
    );
    std::fs::remove_file(files.path("b.db-wal"))?;

    db.backup(&path).await?;
    let before = std::fs::read(&path)?;
    let (opened, holders) = (path.clone(), Mutex::new(Vec::new()));
    let in_use = while_verified(move || {
        let mut holders = holders.lock().unwrap_or_else(PoisonError::into_inner);
        holders.extend(hold(&opened).ok());
        !holders.is_empty()
    });
    let error = refusal(db.backup_with(&path, &in_use).await)?;
    assert!(error.is_busy(), "{error:?}");
    assert!(std::fs::read(&path)? == before);
    assert_eq!(
        names(&files)?
            .iter()
            .filter(|name| name.contains("b.db"))
            .count(),
        1
    );
    Ok(())
}

#[tokio::test]
async fn a_name_that_cannot_be_a_backup_is_refused() -> TestResult {
    let files = Files::new()?;
    let db = filled(&files, 10).await?;
    let directory = files.dir().to_owned();
    let error = refusal(db.backup(&directory).await)?;
    assert!(matches!(
        error,
        DatabaseError::Connection(DatabaseConnectionError::UnusablePath { .. })
    ));
    let error = refusal(db.backup(files.path("no/such/b.db")).await)?;
    assert!(
        matches!(refused(&error), Some(MaintenanceError::Io { .. })),
        "{error:?}"
    );
    let error = refusal(db.backup(":memory:").await)?;
    assert!(matches!(refused(&error), Some(MaintenanceError::InMemory)));
    // What another database has left would be taken for the log of the backup.
    std::fs::write(files.path("b.db-wal"), "left")?;
    let error = refusal(db.backup(files.path("b.db")).await)?;
    assert!(matches!(
        refused(&error),
        Some(MaintenanceError::LogLeft { .. })
    ));
    Ok(())
}

#[tokio::test]
async fn a_damaged_database_gives_no_backup() -> TestResult {
    let files = Files::new()?;
    // The end of a long value: SQLite would hand its damaged page on as zeros.
    let db = files.open().await?;
    db.execute_batch("CREATE TABLE t (v); INSERT INTO t VALUES (zeroblob(100000))")
        .await?;
    db.close().await?;
    damage_last_page(&files.db())?;
    let db = files.open().await?;
    let error = refusal(db.backup(files.path("b.db")).await)?;
    assert!(
        error.is_corrupt() || matches!(refused(&error), Some(MaintenanceError::Damaged { .. }))
    );
    db.close().await?;
    assert_eq!(names(&files)?, ["app.db"]);
    Ok(())
}

#[tokio::test]
async fn a_copy_that_the_disk_changes_is_no_backup() -> TestResult {
    let files = Files::new()?;
    let db = filled(&files, 500).await?;
    // The last pages are free then: nothing reads them but whoever checks all.
    db.execute_batch("CREATE TABLE c (v); INSERT INTO c VALUES (zeroblob(50000)); DROP TABLE c")
        .await?;
    let copy = files.path(".b.db.kstdb-new");
    let options = BackupOptions::new().on_progress(move |progress| {
        if progress.step == Step::Copy && progress.done == progress.total {
            assert!(damage_last_page(&copy).is_ok());
        }
        ControlFlow::Continue(())
    });
    let error = refusal(db.backup_with(files.path("b.db"), &options).await)?;
    assert!(
        matches!(refused(&error), Some(MaintenanceError::Damaged { .. })),
        "{error:?}"
    );
    assert!(!files.path("b.db").exists() && !files.path(".b.db.kstdb-new").exists());
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_backup_that_is_stopped_leaves_nothing_behind() -> TestResult {
    let files = Files::new()?;
    let db = filled(&files, 5_000).await?;
    for stop_at in [Step::Copy, Step::Verify] {
        let options = BackupOptions::new().on_progress(move |progress| {
            if progress.step == stop_at {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        let error = refusal(db.backup_with(files.path("b.db"), &options).await)?;
        assert!(
            matches!(refused(&error), Some(MaintenanceError::Stopped)),
            "{error:?}"
        );
        assert!(!files.path("b.db").exists() && !files.path(".b.db.kstdb-new").exists());
    }
    // A dropped future.
    for polls in 1..4 {
        if poll_times(polls, db.backup(files.path("b.db")))
            .await
            .is_some()
        {
            break;
        }
        until("the new file is removed", || {
            !files.path(".b.db.kstdb-new").exists()
        })
        .await?;
    }
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn closing_ends_a_backup() -> TestResult {
    let files = Files::new()?;
    let db = filled(&files, 5_000).await?;
    let (begun, has_begun) = std::sync::mpsc::channel();
    let closed = Arc::new(AtomicBool::new(false));
    let options = BackupOptions::new().on_progress({
        let closed = Arc::clone(&closed);
        move |_| {
            let _ = begun.send(());
            while !closed.load(Ordering::Acquire) {
                std::thread::yield_now();
            }
            ControlFlow::Continue(())
        }
    });
    let backup = tokio::spawn({
        let (db, path) = (db.clone(), files.path("b.db"));
        async move { db.backup_with(path, &options).await }
    });
    until("the backup has begun", || has_begun.try_recv().is_ok()).await?;
    db.close().await?;
    let error = refusal(backup.await?)?;
    closed.store(true, Ordering::Release);
    assert!(error.is_closed(), "{error:?}");
    until("the new file is removed", || {
        !files.path(".b.db.kstdb-new").exists()
    })
    .await?;
    assert!(!files.path("b.db").exists());
    assert!(refusal(db.backup(files.path("b.db")).await)?.is_closed());
    Ok(())
}

#[tokio::test]
async fn databases_without_a_file_or_a_key_are_typed() -> TestResult {
    let files = Files::new()?;
    let memory = AsyncDatabase::builder(":memory:").config(DbConfig::default());
    let memory = memory.connect().await?;
    let error = refusal(memory.backup(files.path("b.db")).await)?;
    assert!(matches!(refused(&error), Some(MaintenanceError::InMemory)));

    let plain = AsyncDatabase::builder(files.db()).config(DbConfig::default());
    let plain = plain.connect().await?;
    plain.execute("CREATE TABLE t (n)", ()).await?;
    let options = BackupOptions::new().key(raw_key(1));
    let error = refusal(plain.backup_with(files.path("b.db"), &options).await)?;
    assert!(matches!(
        refused(&error),
        Some(MaintenanceError::NotEncrypted { .. })
    ));
    plain.backup(files.path("b.db")).await?;
    assert!(inspect(&files.path("b.db"))?.state.is_plaintext());
    Ok(())
}
