//! What is left to migrate is known without changing anything.

use kstdb_core::error::DatabaseError;
use kstdb_core::migrate::{MigrationError, Migrations};
use kstdb_core::{AsyncDatabase, DbConfig};

type TestResult = Result<(), Box<dyn std::error::Error>>;

async fn folder(files: &[(&str, &str)]) -> Result<Migrations, Box<dyn std::error::Error>> {
    let dir = tempfile::tempdir()?;
    for (name, sql) in files {
        std::fs::write(dir.path().join(name), sql)?;
    }
    Ok(Migrations::from_dir(dir.path()).await?)
}

const FIRST: (&str, &str) = ("1_create_a.sql", "CREATE TABLE a (x)");
const SECOND: (&str, &str) = ("2_create_b.sql", "CREATE TABLE b (x)");

#[tokio::test]
async fn what_is_not_applied_is_listed_and_not_applied() -> TestResult {
    let db = AsyncDatabase::builder(":memory:").config(DbConfig::default());
    let db = db.connect().await?;
    let (one, both) = (folder(&[FIRST]).await?, folder(&[FIRST, SECOND]).await?);
    assert_eq!(db.pending_migrations(&both).await?, [1, 2]);
    assert!(!db.table_exists("_sqlx_migrations").await?);
    db.migrate(&one).await?;
    assert_eq!(db.pending_migrations(&both).await?, [2]);
    db.migrate(&both).await?;
    assert_eq!(db.pending_migrations(&both).await?, [0_i64; 0]);
    Ok(())
}

#[tokio::test]
async fn a_database_that_does_not_fit_is_an_error() -> TestResult {
    let db = AsyncDatabase::builder(":memory:").config(DbConfig::default());
    let db = db.connect().await?;
    db.migrate(&folder(&[FIRST, SECOND]).await?).await?;
    let newer = db.pending_migrations(&folder(&[FIRST]).await?).await;
    assert!(matches!(
        newer,
        Err(DatabaseError::Migration(MigrationError::DatabaseIsNewer {
            version: 2
        }))
    ));
    let changed = folder(&[FIRST, (SECOND.0, "CREATE TABLE c (x)")]).await?;
    assert!(matches!(
        db.pending_migrations(&changed).await,
        Err(DatabaseError::Migration(MigrationError::Changed {
            version: 2
        }))
    ));
    Ok(())
}
