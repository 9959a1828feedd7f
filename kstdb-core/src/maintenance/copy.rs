//! A database copied row by row, so that pages of any size and reserve can take it.
//!
//! `VACUUM INTO` would take page size and reserve along: a decrypted file would keep 80 bytes of
//! every page for nothing, and a file of SQLCipher 3 its pages of 1024 bytes. `sqlcipher_export`
//! loses `user_version` and `auto_vacuum`, and numbers rows anew in tables without an INTEGER
//! PRIMARY KEY. The order here is that of VACUUM: tables, rows, indexes, and then the entries of
//! the schema that have no pages.

use rusqlite::types::ToSqlOutput;
use rusqlite::{Connection, params};

use super::MaintenanceError;
use super::failure::Failure;
use super::progress::{Observer, Progress, Step};
use super::sole::Sole;
use super::space::{Size, number};
use super::tables::{SEQUENCE, Table};
use crate::error::{DatabaseError, SqliteError, SqliteErrorKind};

/// After so many rows the listener hears of it.
const TELL_EVERY_ROWS: u64 = 1_000;

/// What the header of a database says beside its size.
const HEADER: [&str; 2] = ["user_version", "application_id"];

/// Copies everything into a new file and says how many rows there are. Blocks.
///
/// The new file is written without journal and without waiting for the disk: nobody knows it yet.
pub(super) fn copy(
    old: &Sole,
    new: &Connection,
    encrypted: bool,
    observer: &Observer,
) -> Result<u64, DatabaseError> {
    let failure = Failure::on(old.path());
    let size = old.size()?;
    begin(old.sql(), new, encrypted, size).map_err(failure.to("begin the new file"))?;
    let tables = Table::all(old.sql()).map_err(failure.to("read the schema"))?;
    for table in &tables {
        make(new, "table", &table.name, &table.sql)?;
    }
    let mut rows = Rows {
        copied: 0,
        size,
        observer,
    };
    // SQLite counts the rows of the others itself, and is corrected.
    let (sequence, others): (Vec<_>, Vec<_>) =
        tables.iter().partition(|table| table.name == SEQUENCE);
    for table in others {
        rows.copy(old.sql(), new, table)
            .map_err(failure.to("copy a table"))?;
    }
    for table in sequence {
        new.execute("DELETE FROM sqlite_sequence", [])
            .and_then(|_| rows.copy(old.sql(), new, table))
            .map_err(failure.to("copy a table"))?;
    }
    for (name, sql) in indexes(old.sql()).map_err(failure.to("read the schema"))? {
        make(new, "index", &name, &sql)?;
    }
    copy_entries(old.sql(), new).map_err(failure.to("copy the schema"))?;
    new.execute_batch("COMMIT; PRAGMA writable_schema = RESET")
        .map_err(failure.to("write the new file"))?;
    old.check_pages()?;
    Ok(rows.copied)
}

/// Sets what has to be set before the first page is written, and begins.
fn begin(old: &Connection, new: &Connection, encrypted: bool, size: Size) -> rusqlite::Result<()> {
    let encoding: String = old.query_row("PRAGMA encoding", [], |row| row.get(0))?;
    // Words, not what somebody wrote: SQLite's own three names.
    new.pragma_update(None, "encoding", encoding)?;
    // A codec has its own, and would write pages of this size that it cannot read.
    if !encrypted {
        let page_bytes = i64::try_from(size.page_bytes).unwrap_or(0);
        new.pragma_update(None, "page_size", page_bytes)?;
    }
    let auto_vacuum: i64 = number(old, "auto_vacuum")?;
    new.pragma_update(None, "auto_vacuum", auto_vacuum)?;
    // The names `sqlite_...` are SQLite's own, except under `writable_schema`.
    new.execute_batch(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA writable_schema = ON; BEGIN",
    )?;
    for pragma in HEADER {
        new.pragma_update(None, pragma, number(old, pragma)?)?;
    }
    Ok(())
}

/// Makes a table or an index.
fn make(new: &Connection, kind: &str, name: &str, sql: &str) -> Result<(), DatabaseError> {
    // With the first AUTOINCREMENT it is there.
    if name == SEQUENCE && exists(new, name)? {
        return Ok(());
    }
    new.execute(sql, []).map(drop).map_err(|error| {
        let source = SqliteError::of(error);
        match source.kind() {
            SqliteErrorKind::Interrupted => MaintenanceError::Stopped,
            SqliteErrorKind::Full | SqliteErrorKind::Io => MaintenanceError::Sqlite {
                context: "write the new file",
                source,
            },
            _ => MaintenanceError::Schema {
                object: format!("{kind} {name:?}"),
                source,
            },
        }
        .into()
    })
}

fn exists(sql: &Connection, table: &str) -> Result<bool, DatabaseError> {
    let count = "SELECT count(*) FROM sqlite_schema WHERE name = ?1";
    Ok(sql.query_row(count, [table], |row| row.get(0))?)
}

/// Those that were not made along with their table.
fn indexes(sql: &Connection) -> rusqlite::Result<Vec<(String, String)>> {
    let mut indexes = sql.prepare(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY rowid",
    )?;
    let indexes = indexes.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    indexes.collect()
}

/// Views, triggers and virtual tables have no pages: their entries are all there is.
fn copy_entries(old: &Connection, new: &Connection) -> rusqlite::Result<()> {
    let mut entries = old.prepare(
        "SELECT type, name, tbl_name, sql FROM sqlite_schema
         WHERE coalesce(rootpage, 0) = 0 AND sql IS NOT NULL ORDER BY rowid",
    )?;
    let mut insert = new.prepare("INSERT INTO sqlite_schema VALUES (?1, ?2, ?3, 0, ?4)")?;
    let mut entries = entries.query([])?;
    while let Some(entry) = entries.next()? {
        let text = |column| entry.get::<_, String>(column);
        insert.execute(params![text(0)?, text(1)?, text(2)?, text(3)?])?;
    }
    Ok(())
}

/// Rows on their way.
struct Rows<'o> {
    copied: u64,
    size: Size,
    observer: &'o Observer,
}

impl Rows<'_> {
    fn copy(&mut self, old: &Connection, new: &Connection, table: &Table) -> rusqlite::Result<()> {
        // A table may have columns that are computed only: then there is nothing to say of a row
        // but that it is there.
        let width = table.width();
        let mut select = old.prepare(&table.select())?;
        let mut insert = new.prepare(&table.insert())?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            for column in 0..width {
                let value = ToSqlOutput::Borrowed(row.get_ref(column)?);
                insert.raw_bind_parameter(column + 1, value)?;
            }
            insert.raw_execute()?;
            self.copied += 1;
            if self.copied.is_multiple_of(TELL_EVERY_ROWS) && !self.tell(new)? {
                let stopped = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_INTERRUPT);
                return Err(rusqlite::Error::SqliteFailure(stopped, None));
            }
        }
        Ok(())
    }

    /// Pages of the new file, as if they were as large as those of the old one.
    fn tell(&self, new: &Connection) -> rusqlite::Result<bool> {
        let Size { pages, page_bytes } = Size::of(new)?;
        let done = pages.saturating_mul(page_bytes) / self.size.page_bytes.max(1);
        let progress = Progress::new(Step::Copy, done, self.size.pages);
        Ok(self.observer.tell(progress))
    }
}
