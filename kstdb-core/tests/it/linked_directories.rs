//! A file below a linked directory is one file, whatever path leads to it.
#![cfg(unix)]

use kstdb_core::migrate::Migrations;

use crate::support::{Files, TestResult, builder};

#[tokio::test]
async fn maintenance_works_below_a_linked_directory() -> TestResult {
    let files = Files::new()?;
    std::fs::create_dir(files.path("real"))?;
    std::os::unix::fs::symlink(files.path("real"), files.path("link"))?;
    let db = builder(files.path("link/app.db")).connect().await?;
    db.execute("CREATE TABLE t (n)", ()).await?;
    assert!(db.verify().await?.is_sound());
    db.backup(files.path("link/b.db")).await?;
    std::fs::create_dir(files.path("migrations"))?;
    std::fs::write(files.path("migrations/1_a.sql"), "CREATE TABLE a (n);")?;
    let migrations = Migrations::from_dir(files.path("migrations")).await?;
    db.migrate(&migrations).await?;
    db.close().await?;
    let mut names: Vec<_> = std::fs::read_dir(files.path("real"))?
        .map(|entry| entry.map(|entry| entry.file_name()))
        .collect::<Result<_, _>>()?;
    names.sort();
    assert_eq!(names, ["app.db", "app.db-migrate-lock", "b.db"]);
    Ok(())
}

/// The lock between processes and the look at the log go by the file, not by the link.
#[tokio::test]
async fn a_followed_link_leads_to_the_locks_of_its_file() -> TestResult {
    let files = Files::new()?;
    std::os::unix::fs::symlink(files.db(), files.path("link.db"))?;
    files.open().await?.close().await?;
    let followed = builder(files.path("link.db")).follow_symlinks(true);
    let db = followed.connect().await?;
    std::fs::create_dir(files.path("migrations"))?;
    std::fs::write(files.path("migrations/1_a.sql"), "CREATE TABLE a (n);")?;
    let migrations = Migrations::from_dir(files.path("migrations")).await?;
    db.migrate(&migrations).await?;
    assert!(files.path("app.db-migrate-lock").exists());
    assert!(!files.path("link.db-migrate-lock").exists());
    assert!(db.verify().await?.is_sound());
    db.close().await?;
    Ok(())
}
