//! What was applied is what the program has, whatever its line ends.

use kstdb_core::DatabaseError;
use kstdb_core::migrate::MigrationError;

use super::runs::{read, write};
use crate::support::{Files, TestResult, refusal};

#[tokio::test]
async fn a_changed_migration_is_refused() -> TestResult {
    let files = Files::new()?;
    write(&files, "1_create_a.sql", "CREATE TABLE a (n);")?;
    let db = files.open().await?;
    db.migrate(&read(&files).await?).await?;
    write(&files, "1_create_a.sql", "CREATE TABLE a (n, m);")?;
    write(&files, "2_create_b.sql", "CREATE TABLE b (n);")?;
    let error = refusal(db.migrate(&read(&files).await?).await)?;
    let changed = matches!(
        error,
        DatabaseError::Migration(MigrationError::Changed { version: 1 })
    );
    assert!(changed, "{error:?}");
    assert!(!db.table_exists("b").await?);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn other_line_ends_are_no_change() -> TestResult {
    let files = Files::new()?;
    write(&files, "1_create_a.sql", "CREATE TABLE a (\n  n\n);\n")?;
    let db = files.open().await?;
    db.migrate(&read(&files).await?).await?;
    write(
        &files,
        "1_create_a.sql",
        "CREATE TABLE a (\r\n  n\r\n);\r\n",
    )?;
    assert!(db.migrate(&read(&files).await?).await?.applied.is_empty());
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_database_that_is_newer_than_the_program_is_refused() -> TestResult {
    let files = Files::new()?;
    write(&files, "1_create_a.sql", "CREATE TABLE a (n);")?;
    write(&files, "2_create_b.sql", "CREATE TABLE b (n);")?;
    let db = files.open().await?;
    db.migrate(&read(&files).await?).await?;
    std::fs::remove_file(files.path("migrations").join("2_create_b.sql"))?;
    let error = refusal(db.migrate(&read(&files).await?).await)?;
    let newer = matches!(
        error,
        DatabaseError::Migration(MigrationError::DatabaseIsNewer { version: 2 })
    );
    assert!(newer, "{error:?}");
    db.close().await?;
    Ok(())
}
