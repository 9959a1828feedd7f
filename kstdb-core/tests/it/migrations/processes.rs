//! Several processes and tasks: one migrates, the others wait.

use std::path::PathBuf;
use std::process::Stdio;

use kstdb_core::DatabaseError;
use kstdb_core::migrate::MigrationError;

use super::runs::{read, write};
use crate::support::{Files, TestResult, builder, child, is_child, refusal};

const CHILD: &str = "migrations::processes::one_of_several";
const PROCESSES: usize = 3;
const VERSIONS: i64 = 20;

#[test]
fn processes_that_start_at_once_apply_each_migration_once() -> TestResult {
    let files = Files::new()?;
    for version in 1..=VERSIONS {
        let sql = format!("CREATE TABLE t{version} (n); INSERT INTO t{version} VALUES (1);");
        write(&files, &format!("{version}_create.sql"), &sql)?;
    }
    let mut running = Vec::new();
    for _ in 0..PROCESSES {
        let mut command = child(CHILD)?;
        command.current_dir(files.dir()).stdout(Stdio::piped());
        running.push(command.spawn()?);
    }
    let mut applied = Vec::new();
    for process in running {
        let output = process.wait_with_output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{text}");
        let numbers = text
            .lines()
            .filter_map(|line| line.strip_prefix("applied "));
        applied.extend(numbers.filter_map(|number| number.parse::<i64>().ok()));
    }
    applied.sort_unstable();
    assert!(applied.into_iter().eq(1..=VERSIONS));
    Ok(())
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "the parent reads the output")]
async fn one_of_several() -> TestResult {
    if !is_child(CHILD) {
        return Ok(());
    }
    let migrations = kstdb_core::migrate::Migrations::from_dir(PathBuf::from("migrations")).await?;
    let db = builder("app.db").connect().await?;
    // In a line of its own, whatever the test harness has written before.
    println!();
    for version in db.migrate(&migrations).await?.applied {
        println!("applied {version}");
    }
    db.close().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_that_migrate_at_once_apply_each_migration_once() -> TestResult {
    let files = Files::new()?;
    write(&files, "1_create_a.sql", "CREATE TABLE a (n);")?;
    let db = files.open().await?;
    let migrations = std::sync::Arc::new(read(&files).await?);
    let tasks: Vec<_> = (0..4)
        .map(|_| {
            let (db, migrations) = (db.clone(), std::sync::Arc::clone(&migrations));
            tokio::spawn(async move { db.migrate(&migrations).await })
        })
        .collect();
    let mut applied = 0;
    for task in tasks {
        applied += task.await??.applied.len();
    }
    assert_eq!(applied, 1);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_lock_that_never_comes_free_is_an_error_that_names_it() -> TestResult {
    let files = Files::new()?;
    write(&files, "1_create_a.sql", "CREATE TABLE a (n);")?;
    let lock = std::fs::File::create(files.path("app.db-migrate-lock"))?;
    lock.lock()?;
    let db = files.open_with(1).await?;
    let error = refusal(db.migrate(&read(&files).await?).await)?;
    let locked = matches!(
        &error,
        DatabaseError::Migration(MigrationError::Locked { lock, .. })
            if lock.ends_with("app.db-migrate-lock")
    );
    assert!(locked, "{error:?}");
    lock.unlock()?;
    assert_eq!(db.migrate(&read(&files).await?).await?.applied, [1]);
    db.close().await?;
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn a_lock_that_is_a_link_is_refused() -> TestResult {
    let files = Files::new()?;
    write(&files, "1_create_a.sql", "CREATE TABLE a (n);")?;
    std::fs::write(files.path("elsewhere"), "")?;
    let link = files.path("app.db-migrate-lock");
    std::os::unix::fs::symlink(files.path("elsewhere"), link)?;
    let db = files.open_with(1).await?;
    let error = refusal(db.migrate(&read(&files).await?).await)?;
    let refused = matches!(error, DatabaseError::Migration(MigrationError::Lock { .. }));
    assert!(refused);
    db.close().await?;
    Ok(())
}
