//! Applying the migrations: under the lock, with the writer turn, one transaction each.

use std::collections::BTreeSet;
use std::sync::Arc;

use sqlx::migrate::{Migrate, Migration, Migrator};

use super::lock::MigrationLock;
use super::{MigrationError, Migrations, order};
use crate::error::DatabaseError;
use crate::pool::{PoolInner, PooledConnection};
use crate::transaction::Transaction;

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
        // Whoever only reads is refused below, and leaves no file behind.
        Some(file) if !pool.only_reads() => Some(MigrationLock::acquire(file, limit).await?),
        _ => None,
    };
    let mut connection = PooledConnection::for_writing(pool).await?;
    let migrator = migrations.migrator();
    let before = applied(&mut connection, &migrator).await?;
    let mut now = Vec::new();
    for migration in order::upward(&migrator).filter(|one| !before.contains(&one.version)) {
        apply(&mut connection, migration).await?;
        now.push(migration.version);
    }
    Ok(Migrated {
        version: now.iter().chain(&before).copied().max(),
        applied: now,
    })
}

/// The versions that are applied, in a record that fits the migrations.
async fn applied(
    connection: &mut PooledConnection,
    migrator: &Migrator,
) -> Result<BTreeSet<i64>, DatabaseError> {
    let lease = connection.lease().await?;
    let sqlx = lease.lend_to_sqlx()?;
    let read = async {
        // Up to no version at all: it makes the table and compares the record.
        migrator.run_direct(Some(i64::MIN), sqlx, false).await?;
        sqlx.list_applied_migrations(RECORD).await
    };
    let read = read.await;
    lease.take_from_sqlx().await?;
    let read = read.map_err(MigrationError::from)?;
    let versions = read.iter().map(|done| done.version).collect();
    order::check(migrator, &versions)?;
    for done in &read {
        let mut known = order::upward(migrator).filter(|known| known.version == done.version);
        if known.any(|known| known.checksum != done.checksum) {
            let version = done.version;
            return Err(MigrationError::Changed { version }.into());
        }
    }
    Ok(versions)
}

/// Applies one migration and records it.
///
/// **Invariant:** in one transaction, with the read guard before its commit: what a migration copies
/// out of a damaged page would be authentic for ever. One that asks for no transaction is looked at
/// afterwards.
async fn apply(
    connection: &mut PooledConnection,
    migration: &Migration,
) -> Result<(), DatabaseError> {
    if migration.no_tx {
        return run_on(connection, migration).await;
    }
    // The transaction is the one around it.
    let without = Migration {
        no_tx: true,
        ..migration.clone()
    };
    let mut transaction = Transaction::begin_on(connection).await?;
    match run_on(transaction.connection(), &without).await {
        Ok(()) => transaction.commit().await,
        Err(error) => {
            // The connection is replaced if this fails, so that there is nothing else to do.
            if let Err(error) = transaction.rollback().await {
                tracing::warn!(%error, "rolling back failed, the connection is replaced");
            }
            Err(error)
        }
    }
}

/// Has sqlx run and record a migration.
async fn run_on(
    connection: &mut PooledConnection,
    migration: &Migration,
) -> Result<(), DatabaseError> {
    let lease = connection.lease().await?;
    let applied = lease.lend_to_sqlx()?.apply(RECORD, migration).await;
    lease.take_from_sqlx().await?;
    Ok(applied.map(drop).map_err(MigrationError::from)?)
}
