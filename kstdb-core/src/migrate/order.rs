//! The order of migrations: a database goes through them one after another, and skips none.

use std::collections::BTreeSet;

use sqlx::migrate::{Migration, Migrator};

use super::MigrationError;

/// The migrations that lead upward, in order.
pub(super) fn upward(migrator: &Migrator) -> impl Iterator<Item = &Migration> {
    migrator
        .iter()
        .filter(|one| !one.migration_type.is_down_migration())
}

/// Refuses a database that lacks a migration before one that it has: it went another way.
pub(super) fn check(migrator: &Migrator, applied: &BTreeSet<i64>) -> Result<(), MigrationError> {
    let versions = upward(migrator).map(|migration| migration.version);
    let mut missing = versions.filter(|version| !applied.contains(version));
    match (missing.next(), applied.last().copied()) {
        (Some(version), Some(newest)) if version < newest => {
            Err(MigrationError::OutOfOrder { version, newest })
        }
        _ => Ok(()),
    }
}
