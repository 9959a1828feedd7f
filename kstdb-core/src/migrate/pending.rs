//! Which migrations are not applied yet, found out without writing anything.

use std::collections::BTreeSet;

use sqlx::AssertSqlSafe;
use sqlx::migrate::MigrateError;

use super::run::RECORD;
use super::{MigrationError, Migrations, order};
use crate::database::AsyncDatabase;
use crate::error::DatabaseError;

/// What the record of applied migrations holds of one.
struct Applied {
    version: i64,
    checksum: Vec<u8>,
    success: bool,
}

/// Reads the record, checks it as applying would, and lists what is missing in it.
pub(crate) async fn pending(
    database: &AsyncDatabase,
    migrations: &Migrations,
) -> Result<Vec<i64>, DatabaseError> {
    let applied = applied(database).await?;
    let migrator = migrations.migrator();
    let versions: BTreeSet<i64> = applied.iter().map(|applied| applied.version).collect();
    order::check(&migrator, &versions)?;
    for Applied {
        version,
        checksum,
        success,
    } in &applied
    {
        if !success {
            return Err(MigrationError::Record(MigrateError::Dirty(*version)).into());
        }
        let mut known = migrator.iter().filter(|known| known.version == *version);
        let Some(known) = known.find(|known| !known.migration_type.is_down_migration()) else {
            return Err(MigrationError::DatabaseIsNewer { version: *version }.into());
        };
        if known.checksum != *checksum {
            return Err(MigrationError::Changed { version: *version }.into());
        }
    }
    Ok(order::upward(&migrator)
        .map(|migration| migration.version)
        .filter(|version| !versions.contains(version))
        .collect())
}

/// Says whether the database has exactly the schema of the migrations.
pub(crate) async fn check(
    database: &AsyncDatabase,
    migrations: &Migrations,
) -> Result<(), DatabaseError> {
    match pending(database, migrations).await?.first() {
        Some(&version) => Err(MigrationError::DatabaseIsOlder { version }.into()),
        None => Ok(()),
    }
}

async fn applied(database: &AsyncDatabase) -> Result<Vec<Applied>, DatabaseError> {
    if !database.table_exists(RECORD).await? {
        return Ok(Vec::new());
    }
    let sql = format!("SELECT version, checksum, success FROM {RECORD} ORDER BY version");
    let rows: Vec<(i64, Vec<u8>, bool)> = database.fetch_all(AssertSqlSafe(sql), ()).await?;
    let applied = rows
        .into_iter()
        .map(|(version, checksum, success)| Applied {
            version,
            checksum,
            success,
        });
    Ok(applied.collect())
}
