//! Migrations, applied to a database in memory.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

use rusqlite::{Connection, OpenFlags, Statement};
use sqlx_core::config::drivers;

use super::authorize::{self, Reads};
use super::catalog::Catalog;
use crate::migrations::{Kind, Migration};

/// A database in memory with the schema of a folder of migrations.
#[derive(Debug)]
pub(crate) struct Schema {
    database: Connection,
    /// How sqlx reaches the same database: it lives as long as `database` is open.
    url: String,
    catalog: Catalog,
    reads: Reads,
}

/// A migration that SQLite refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("migration `{file}` fails{}: {message}", place(.line.as_ref()))]
pub(crate) struct MigrationFault {
    pub(crate) file: String,
    pub(crate) message: String,
    /// From 1, if SQLite says where.
    pub(crate) line: Option<(usize, String)>,
}

fn place(line: Option<&(usize, String)>) -> String {
    line.map_or_else(String::new, |(line, text)| {
        format!(" at line {line} (`{text}`)")
    })
}

impl Schema {
    /// A schema of one text, for tests.
    #[cfg(test)]
    pub(crate) fn of(sql: &str) -> Result<Self, MigrationFault> {
        Self::build(&[Migration {
            version: 1,
            description: "test".to_owned(),
            kind: Kind::Simple,
            file: "1_test.sql".to_owned(),
            sql: sql.to_owned(),
            path: String::new(),
            checksum: [0; 48],
            no_tx: false,
        }])
    }

    /// Applies the migrations in their order, each in a transaction as at run time.
    ///
    /// # Errors
    /// - [`MigrationFault`]: SQLite refuses one of them.
    pub(crate) fn build(migrations: &[Migration]) -> Result<Self, MigrationFault> {
        /// Each schema has a name of its own, for the compiler process only.
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let unusable = |error: rusqlite::Error| MigrationFault {
            file: String::new(),
            message: error.to_string(),
            line: None,
        };
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_URI
            | OpenFlags::SQLITE_OPEN_MEMORY
            | OpenFlags::SQLITE_OPEN_SHARED_CACHE;
        let name = format!("file:kstdb-macros-{number}");
        let database = Connection::open_with_flags(&name, flags).map_err(unusable)?;
        database
            .authorizer(Some(authorize::allow))
            .map_err(unusable)?;
        for migration in migrations.iter().filter(|one| one.kind != Kind::Down) {
            apply(&database, migration)?;
        }
        let catalog = Catalog::read(&database).map_err(unusable)?;
        let reads = Reads::of(&database).map_err(unusable)?;
        Ok(Self {
            database,
            url: format!("sqlite:{name}?mode=memory"),
            catalog,
            reads,
        })
    }

    pub(crate) fn database(&self) -> &Connection {
        &self.database
    }

    pub(crate) fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Prepares a statement, and tells whether it reads a column without a declared type.
    pub(crate) fn prepare(&self, sql: &str) -> rusqlite::Result<(Statement<'_>, bool)> {
        self.reads.forget();
        let statement = self.database.prepare(sql)?;
        Ok((statement, self.reads.any_of(&self.catalog.untyped)))
    }

    /// What sqlx's `describe` says of each column: whether it can be NULL, if it knows; `None` if it
    /// fails.
    ///
    /// Two statements must not come here. sqlx reads the declared type of a column of the result
    /// without asking whether it has one, which ends the process if it has none. And it steps a
    /// statement that only reads and computes a column, however long that takes: see
    /// [`gives_a_row_soon`](Self::gives_a_row_soon).
    pub(crate) fn nullability(&self, sql: &str) -> Option<Vec<Option<bool>>> {
        let describe =
            || sqlx_sqlite::describe_blocking(sql, &self.url, &drivers::Config::default());
        let described = catch_unwind(AssertUnwindSafe(describe)).ok()?;
        described.ok().map(|described| described.nullable)
    }

    /// Tells whether a statement that only reads has its first row, or none, after a few steps of
    /// SQLite's machine: on a schema without rows nearly all have.
    pub(crate) fn gives_a_row_soon(&self, sql: &str) -> bool {
        /// Some ten milliseconds.
        const MOST_STEPS: i32 = 1_000_000;
        let is_soon = || -> rusqlite::Result<()> {
            self.database.progress_handler(MOST_STEPS, Some(|| true))?;
            self.database.prepare(sql)?.raw_query().next()?;
            Ok(())
        };
        let is_soon = is_soon();
        let interrupted = is_soon.is_err_and(|error| {
            error.sqlite_error_code() == Some(rusqlite::ErrorCode::OperationInterrupted)
        });
        let off = self.database.progress_handler(0, None::<fn() -> bool>);
        off.is_ok() && !interrupted
    }
}

fn apply(database: &Connection, migration: &Migration) -> Result<(), MigrationFault> {
    let result = if migration.no_tx {
        database.execute_batch(&migration.sql)
    } else {
        database
            .execute_batch("BEGIN")
            .and_then(|()| database.execute_batch(&migration.sql))
            .and_then(|()| database.execute_batch("COMMIT"))
    };
    result.map_err(|error| fault(migration, error))
}

fn fault(migration: &Migration, error: rusqlite::Error) -> MigrationFault {
    let (message, line) = match error {
        rusqlite::Error::SqlInputError {
            msg,
            sql: rest,
            offset,
            ..
        } => {
            // SQLite was given the rest of the text.
            let start = migration.sql.len().saturating_sub(rest.len());
            let line = usize::try_from(offset).ok().map(|offset| {
                let at = (start + offset).min(migration.sql.len());
                let before = migration.sql.get(..at).unwrap_or_default();
                let number = before.matches('\n').count();
                let text = migration.sql.lines().nth(number).unwrap_or_default();
                (number + 1, text.trim().to_owned())
            });
            (msg, line)
        }
        rusqlite::Error::SqliteFailure(_, Some(message)) => (message, None),
        other => (other.to_string(), None),
    };
    MigrationFault {
        file: migration.file.clone(),
        message,
        line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(sql: &str) -> Option<String> {
        Schema::of(sql).err().map(|fault| fault.to_string())
    }

    #[test]
    fn a_broken_migration_names_its_line() {
        let broken = fault("CREATE TABLE a (x);\n\nCREATE TABEL b (x);\n");
        assert_eq!(
            broken.as_deref(),
            Some(
                "migration `1_test.sql` fails at line 3 (`CREATE TABEL b (x);`): near \"TABEL\": syntax error"
            )
        );
    }

    #[test]
    fn a_migration_that_fails_while_it_runs_says_why() {
        let failed = fault("CREATE TABLE a (x NOT NULL); INSERT INTO a VALUES (NULL);");
        assert_eq!(
            failed.as_deref(),
            Some("migration `1_test.sql` fails: NOT NULL constraint failed: a.x")
        );
    }

    #[test]
    fn no_migration_reaches_a_file() {
        for sql in [
            "ATTACH 'kstdb-macros-test.db' AS other",
            "ATTACH '/nowhere/a.db' AS b",
        ] {
            assert!(
                fault(sql).is_some_and(|fault| fault.contains("not authorized")),
                "{sql}"
            );
        }
    }
}
