//! Where migrations come from: embedded by `migrate!()`, or a folder read at run time.

use std::path::PathBuf;

use sqlx::SqlSafeStr;
use sqlx::migrate::{
    Migration, MigrationSource, MigrationType, Migrator, ResolveConfig, ResolveWith,
};

use super::MigrationError;

/// The steps from an empty database to the schema of a program, in order.
///
/// Checksums leave out carriage returns, so that a checkout with other line ends is the same.
#[derive(Debug)]
pub struct Migrations(Origin);

#[derive(Debug)]
enum Origin {
    Embedded(&'static [EmbeddedMigration]),
    Folder(Vec<Migration>),
}

/// One migration as [`migrate!`](crate::migrate!) embeds it.
#[derive(Clone, Copy, Debug)]
pub struct EmbeddedMigration {
    /// The number that its file name begins with.
    pub version: i64,
    /// The words of its file name.
    pub description: &'static str,
    /// Whether it can be undone.
    pub kind: MigrationKind,
    /// The statements.
    pub sql: &'static str,
    /// SHA-384 of the statements without carriage returns.
    pub checksum: [u8; 48],
    /// Whether it runs outside of a transaction (`-- no-transaction` in its first line).
    pub no_tx: bool,
}

/// Whether a migration can be undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MigrationKind {
    /// `<version>_<description>.sql`.
    Simple,
    /// `<version>_<description>.up.sql`.
    ReversibleUp,
    /// `<version>_<description>.down.sql`: never applied by [`migrate`](crate::AsyncDatabase::migrate).
    ReversibleDown,
}

impl Migrations {
    /// Takes the migrations that [`migrate!`](crate::migrate!) has embedded.
    #[must_use]
    pub const fn new(embedded: &'static [EmbeddedMigration]) -> Self {
        Self(Origin::Embedded(embedded))
    }

    /// Reads the migrations of a folder: files named `<version>_<description>.sql`.
    ///
    /// # Errors
    /// [`MigrationError::Source`] when the folder or a file cannot be read, a name has no version,
    /// or a file holds a NUL byte.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub async fn from_dir(folder: impl Into<PathBuf>) -> Result<Self, MigrationError> {
        let mut config = ResolveConfig::new();
        config.ignore_char('\r');
        let read = ResolveWith(folder.into(), config).resolve().await;
        let read = read.map_err(MigrationError::Source)?;
        // SQLite reads a text up to a NUL, and sqlx asks it for the rest of the text for ever.
        if let Some(with_nul) = read.iter().find(|one| one.sql.as_str().contains('\0')) {
            let message = format!("migration {} holds a NUL byte", with_nul.version);
            return Err(MigrationError::Source(message.into()));
        }
        Ok(Self(Origin::Folder(read)))
    }

    /// sqlx's migrator over these migrations.
    pub(super) fn migrator(&self) -> Migrator {
        Migrator::with_migrations(match &self.0 {
            Origin::Embedded(embedded) => embedded.iter().map(Migration::from).collect(),
            Origin::Folder(migrations) => migrations.clone(),
        })
    }
}

impl From<&EmbeddedMigration> for Migration {
    fn from(embedded: &EmbeddedMigration) -> Self {
        Self {
            version: embedded.version,
            description: embedded.description.into(),
            migration_type: match embedded.kind {
                MigrationKind::Simple => MigrationType::Simple,
                MigrationKind::ReversibleUp => MigrationType::ReversibleUp,
                MigrationKind::ReversibleDown => MigrationType::ReversibleDown,
            },
            sql: embedded.sql.into_sql_str(),
            checksum: embedded.checksum.to_vec().into(),
            no_tx: embedded.no_tx,
        }
    }
}
