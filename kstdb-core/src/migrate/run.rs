//! Applying the migrations: under the lock, with the writer turn, one transaction each.

use std::collections::BTreeSet;
use std::sync::Arc;

use sqlx::SqliteConnection;
use sqlx::migrate::{Migrate, Migrator};

use super::lock::MigrationLock;
use super::{MigrationError, Migrations};
use crate::error::DatabaseError;
use crate::pool::{PoolInner, PooledConnection};

/// sqlx's table of applied migrations.
pub(super) const RECORD: &str = "_sqlx_migrations";

/// What [`migrate`](crate::AsyncDatabase::migrate) did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Migrated {
    /// The versions applied by this call, in order.
    pub applied: Vec<i64>,
    /// The version that the database has now.
    pub version: Option<i64>,
}

pub(crate) async fn run(
    pool: &Arc<PoolInner>,
    migrations: &Migrations,
) -> Result<Migrated, DatabaseError> {
    let limit = pool.limits().acquire_timeout;
    let _lock = match pool.file() {
        Some(file) => Some(MigrationLock::acquire(file, limit).await?),
        None => None,
    };
    let mut connection = PooledConnection::for_writing(pool).await?;
    let lease = connection.lease().await?;
    let applied = apply(lease.lend_to_sqlx()?, migrations).await;
    lease.take_from_sqlx().await?;
    Ok(applied?)
}

async fn apply(
    connection: &mut SqliteConnection,
    migrations: &Migrations,
) -> Result<Migrated, MigrationError> {
    connection.ensure_migrations_table(RECORD).await?;
    let before = connection.list_applied_migrations(RECORD).await?;
    let before: BTreeSet<i64> = before
        .into_iter()
        .map(|migration| migration.version)
        .collect();
    let migrator = migrations.migrator();
    if let (Some(version), Some(newest)) = (first_missing(&migrator, &before), before.last())
        && version < *newest
    {
        return Err(MigrationError::OutOfOrder {
            version,
            newest: *newest,
        });
    }
    migrator.run_direct(None, connection, false).await?;
    let upward = migrator
        .iter()
        .filter(|one| !one.migration_type.is_down_migration());
    let versions: Vec<i64> = upward.map(|migration| migration.version).collect();
    Ok(Migrated {
        version: versions.iter().chain(&before).copied().max(),
        applied: versions
            .into_iter()
            .filter(|version| !before.contains(version))
            .collect(),
    })
}

/// The first version that is not applied yet.
fn first_missing(migrator: &Migrator, applied: &BTreeSet<i64>) -> Option<i64> {
    let upward = migrator
        .iter()
        .filter(|one| !one.migration_type.is_down_migration());
    let versions = upward.map(|migration| migration.version);
    versions.filter(|version| !applied.contains(version)).min()
}
