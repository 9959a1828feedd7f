//! One process: embedded, from a folder, and again after one that failed.

use kstdb_core::DatabaseError;
use kstdb_core::migrate::{MigrationError, Migrations};

use crate::support::{Files, TestResult, chain, refusal};

static EMBEDDED: Migrations = kstdb_core::migrate!();

pub(super) fn write(files: &Files, name: &str, sql: &str) -> std::io::Result<()> {
    std::fs::create_dir_all(files.path("migrations"))?;
    std::fs::write(files.path("migrations").join(name), sql)
}

pub(super) async fn read(files: &Files) -> Result<Migrations, MigrationError> {
    Migrations::from_dir(files.path("migrations")).await
}

#[tokio::test]
async fn embedded_migrations_are_applied_once() -> TestResult {
    let files = Files::new()?;
    let db = files.open().await?;
    let migrated = db.migrate(&EMBEDDED).await?;
    assert!(migrated.applied.starts_with(&[1, 2]));
    assert_eq!(migrated.version, migrated.applied.last().copied());
    assert!(db.table_exists("customers").await?);
    assert!(db.table_exists("transfers").await?);
    let again = db.migrate(&EMBEDDED).await?;
    assert!(again.applied.is_empty());
    assert_eq!(again.version, migrated.version);
    db.close().await?;
    let db = files.open().await?;
    assert!(db.migrate(&EMBEDDED).await?.applied.is_empty());
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_database_in_memory_is_migrated_too() -> TestResult {
    let db = crate::support::builder(":memory:").connect().await?;
    assert!(!db.migrate(&EMBEDDED).await?.applied.is_empty());
    assert!(db.table_exists("accounts").await?);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn after_a_failure_those_before_it_stay_and_the_rest_follows_later() -> TestResult {
    let files = Files::new()?;
    write(&files, "1_create_a.sql", "CREATE TABLE a (n);")?;
    let broken = "CREATE TABLE b (n); INSERT INTO nowhere VALUES (1);";
    write(&files, "2_create_b.sql", broken)?;
    write(&files, "3_create_c.sql", "CREATE TABLE c (n);")?;
    let db = files.open().await?;
    let error = refusal(db.migrate(&read(&files).await?).await)?;
    let failed = matches!(
        error,
        DatabaseError::Migration(MigrationError::Failed { version: 2, .. })
    );
    assert!(failed, "{error:?}");
    assert!(chain(&error).contains("nowhere"));
    assert!(db.table_exists("a").await?);
    assert!(!db.table_exists("b").await?);
    write(&files, "2_create_b.sql", "CREATE TABLE b (n);")?;
    let migrated = db.migrate(&read(&files).await?).await?;
    assert_eq!(migrated.applied, [2, 3]);
    assert_eq!(migrated.version, Some(3));
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_migration_runs_outside_a_transaction_if_it_says_so() -> TestResult {
    let files = Files::new()?;
    write(&files, "1_create_a.sql", "CREATE TABLE a (n);")?;
    write(&files, "2_vacuum.sql", "-- no-transaction\nVACUUM;")?;
    let db = files.open().await?;
    assert_eq!(db.migrate(&read(&files).await?).await?.applied, [1, 2]);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn reversible_migrations_go_up_only() -> TestResult {
    let files = Files::new()?;
    write(&files, "1_create_a.up.sql", "CREATE TABLE a (n);")?;
    write(&files, "1_create_a.down.sql", "DROP TABLE a;")?;
    let db = files.open().await?;
    assert_eq!(db.migrate(&read(&files).await?).await?.applied, [1]);
    assert!(db.table_exists("a").await?);
    db.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_an_error() -> TestResult {
    let files = Files::new()?;
    let error = refusal(read(&files).await)?;
    assert!(matches!(error, MigrationError::Source(_)));
    Ok(())
}

#[tokio::test]
async fn a_file_with_a_nul_byte_is_refused() -> TestResult {
    let files = Files::new()?;
    write(&files, "1_create_a.sql", "CREATE TABLE a (n); \0")?;
    let error = refusal(read(&files).await)?;
    assert!(matches!(error, MigrationError::Source(_)), "{error:?}");
    Ok(())
}
