//! Databases that are older or newer than the migrations of the program.

use kstdb_core::migrate::{EmbeddedMigration, MigrationError, MigrationKind, Migrations};
use kstdb_core::{AsyncDatabase, DatabaseError, DbConfig};

type TestResult = Result<(), Box<dyn std::error::Error>>;

const fn migration(version: i64, sql: &'static str) -> EmbeddedMigration {
    EmbeddedMigration {
        version,
        description: "test",
        kind: MigrationKind::Simple,
        sql,
        checksum: [7; 48],
        no_tx: false,
    }
}

const FIRST: EmbeddedMigration = migration(1, "CREATE TABLE a (x)");
const SECOND: EmbeddedMigration = migration(2, "CREATE TABLE b (x)");
const THIRD: EmbeddedMigration = migration(3, "CREATE TABLE c (x)");

async fn database() -> Result<AsyncDatabase, DatabaseError> {
    let db = AsyncDatabase::builder(":memory:").config(DbConfig::default());
    db.connect().await
}

#[tokio::test]
async fn a_database_without_the_last_migration_is_older() -> TestResult {
    let db = database().await?;
    let all = Migrations::new(&[FIRST, SECOND]);
    let empty = db.check_migrations(&all).await;
    assert!(matches!(
        empty,
        Err(DatabaseError::Migration(MigrationError::DatabaseIsOlder {
            version: 1
        }))
    ));
    db.migrate(&Migrations::new(&[FIRST])).await?;
    let older = db.check_migrations(&all).await;
    assert!(matches!(
        older,
        Err(DatabaseError::Migration(MigrationError::DatabaseIsOlder {
            version: 2
        }))
    ));
    db.migrate(&all).await?;
    db.check_migrations(&all).await?;
    Ok(())
}

#[tokio::test]
async fn a_database_with_an_unknown_migration_is_newer() -> TestResult {
    let db = database().await?;
    db.migrate(&Migrations::new(&[FIRST, SECOND])).await?;
    let first = Migrations::new(&[FIRST]);
    for newer in [
        db.check_migrations(&first).await,
        db.migrate(&first).await.map(drop),
    ] {
        assert!(matches!(
            newer,
            Err(DatabaseError::Migration(MigrationError::DatabaseIsNewer {
                version: 2
            }))
        ));
    }
    Ok(())
}

#[tokio::test]
async fn a_database_that_went_another_way_is_left_alone() -> TestResult {
    let db = database().await?;
    db.migrate(&Migrations::new(&[FIRST, THIRD])).await?;
    let all = Migrations::new(&[FIRST, SECOND, THIRD]);
    for refused in [
        db.migrate(&all).await.map(drop),
        db.pending_migrations(&all).await.map(drop),
        db.check_migrations(&all).await,
    ] {
        assert!(matches!(
            refused,
            Err(DatabaseError::Migration(MigrationError::OutOfOrder {
                version: 2,
                newest: 3
            }))
        ));
    }
    assert!(!db.table_exists("b").await?);
    Ok(())
}

#[tokio::test]
async fn a_changed_migration_is_found_without_migrating() -> TestResult {
    let db = database().await?;
    db.migrate(&Migrations::new(&[FIRST])).await?;
    static CHANGED: [EmbeddedMigration; 1] = [EmbeddedMigration {
        checksum: [8; 48],
        ..FIRST
    }];
    let changed = db.check_migrations(&Migrations::new(&CHANGED)).await;
    assert!(matches!(
        changed,
        Err(DatabaseError::Migration(MigrationError::Changed {
            version: 1
        }))
    ));
    Ok(())
}
