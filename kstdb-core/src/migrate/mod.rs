//! Migrations: sqlx's migrator, embedded, with a lock between processes.

mod error;
mod lock;
mod order;
mod pending;
mod run;
mod source;

pub use error::MigrationError;
pub use run::Migrated;
pub use source::{EmbeddedMigration, MigrationKind, Migrations};

pub(crate) use pending::{check, pending};
pub(crate) use run::run;
