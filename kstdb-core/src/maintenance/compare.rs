//! Two databases compared: what their headers and schemas say, and every row.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use super::MaintenanceError;
use super::failure::Failure;
use super::progress::{Observer, Progress, Step};
use super::sole::Sole;
use super::space::number;
use super::tables::{Table, quote};
use crate::error::DatabaseError;

const TELL_EVERY_ROWS: u64 = 1_000;

/// What two equal databases have in common beside their rows.
const NUMBERS: [&str; 3] = ["user_version", "application_id", "auto_vacuum"];

const SCHEMA: &str =
    "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name, tbl_name";

/// Fails unless the new database is whole and says the same as the old one. Blocks.
pub(super) fn compare(
    old: &Sole,
    new: &Connection,
    rows: u64,
    observer: &Observer,
) -> Result<(), DatabaseError> {
    let failure = Failure::on(old.path());
    let context = "compare the files";
    let different = |what: Option<String>| match what {
        None => Ok(()),
        Some(what) => Err(DatabaseError::from(MaintenanceError::Differs { what })),
    };
    for pragma in NUMBERS {
        let equal = number(old.sql(), pragma)
            .and_then(|ours| Ok(ours == number(new, pragma)?))
            .map_err(failure.to(context))?;
        different((!equal).then(|| pragma.to_owned()))?;
    }
    let mut rows = Rows {
        compared: 0,
        total: rows,
        observer,
    };
    let schema = rows.difference(old.sql(), new, SCHEMA);
    different(
        schema
            .map_err(failure.to(context))?
            .map(|_| "the schema".to_owned()),
    )?;
    let utf16 = !is_utf8(old.sql()).map_err(failure.to(context))?;
    for table in Table::all(old.sql()).map_err(failure.to(context))? {
        let select = if utf16 {
            table.select_bytes()
        } else {
            table.select()
        };
        let found = rows
            .difference(old.sql(), new, &select)
            .map_err(failure.to(context))?;
        different(found.map(|row| format!("row {row} of the table {}", quote(&table.name))))?;
    }
    // Silent damage of the old file would be equal on both sides.
    old.check_pages()?;
    Ok(())
}

/// Fails unless SQLite finds a database whole: its trees, its indexes, its virtual tables.
pub(super) fn check(sql: &Connection, path: &std::path::Path) -> Result<(), DatabaseError> {
    let finding: String = sql
        .query_row("PRAGMA main.integrity_check(1)", [], |row| row.get(0))
        .map_err(Failure::on(path).to("check the database"))?;
    if finding == "ok" {
        return Ok(());
    }
    let path = path.to_owned();
    Err(MaintenanceError::Damaged { path, finding }.into())
}

fn is_utf8(sql: &Connection) -> rusqlite::Result<bool> {
    sql.query_row("PRAGMA encoding", [], |row| row.get::<_, String>(0))
        .map(|encoding| encoding == "UTF-8")
}

struct Rows<'o> {
    compared: u64,
    total: u64,
    observer: &'o Observer,
}

impl Rows<'_> {
    /// The number of the first row that is not the same on both sides.
    fn difference(
        &mut self,
        old: &Connection,
        new: &Connection,
        select: &str,
    ) -> rusqlite::Result<Option<u64>> {
        let (mut old, mut new) = (old.prepare(select)?, new.prepare(select)?);
        let width = old.column_count();
        let (mut old, mut new) = (old.query([])?, new.query([])?);
        for number in 1.. {
            match (old.next()?, new.next()?) {
                (None, None) => break,
                (Some(ours), Some(theirs)) if are_equal(ours, theirs, width)? => {}
                _ => return Ok(Some(number)),
            }
            self.compared += 1;
            let progress = Progress::new(Step::Compare, self.compared, self.total);
            if self.compared.is_multiple_of(TELL_EVERY_ROWS) && !self.observer.tell(progress) {
                let stopped = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_INTERRUPT);
                return Err(rusqlite::Error::SqliteFailure(stopped, None));
            }
        }
        Ok(None)
    }
}

fn are_equal(ours: &Row<'_>, theirs: &Row<'_>, width: usize) -> rusqlite::Result<bool> {
    for column in 0..width {
        let equal = match (ours.get_ref(column)?, theirs.get_ref(column)?) {
            // Numbers that are equal can be two: 0.0 and -0.0.
            (ValueRef::Real(ours), ValueRef::Real(theirs)) => ours.to_bits() == theirs.to_bits(),
            (ours, theirs) => ours == theirs,
        };
        if !equal {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::maintenance::access::Access;

    type TestResult = Result<(), Box<dyn std::error::Error>>;

    const OLD: &str = "CREATE TABLE t (v); INSERT INTO t VALUES (0.0), ('b')";

    /// What is said of a new file that was made otherwise.
    fn difference(new: &str) -> Result<Option<String>, Box<dyn std::error::Error>> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("app.db");
        Connection::open(&path)?.execute_batch(OLD)?;
        let observer = Observer::default();
        let old = Sole::take(&path, &Access::Plain, Duration::ZERO, &observer)?;
        let connection = Connection::open_in_memory()?;
        connection.execute_batch(new)?;
        match compare(&old, &connection, 2, &observer) {
            Ok(()) => Ok(None),
            Err(DatabaseError::Maintenance(MaintenanceError::Differs { what })) => Ok(Some(what)),
            Err(other) => Err(other.into()),
        }
    }

    #[test]
    fn a_copy_that_differs_is_told_by_its_place() -> TestResult {
        assert_eq!(difference(OLD)?, None);
        for (new, expected) in [
            (OLD.replace("0.0", "-0.0"), "row 1 of the table \"t\""),
            (OLD.replace(", ('b')", ""), "row 2 of the table \"t\""),
            (OLD.replace("(v)", "(v TEXT)"), "the schema"),
            (format!("{OLD}; PRAGMA user_version = 1"), "user_version"),
        ] {
            assert_eq!(difference(&new)?.as_deref(), Some(expected));
        }
        Ok(())
    }
}
