//! The tables of a database, and the statements that read and write all of each row.

use rusqlite::{Connection, OptionalExtension as _};

/// The table in which SQLite counts for AUTOINCREMENT.
pub(super) const SEQUENCE: &str = "sqlite_sequence";

/// One table that has rows of its own: no view, and no virtual table.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: String,
    /// As it was written; the first words are SQLite's own.
    pub(super) sql: String,
    columns: Vec<String>,
    /// A name of the rowid that no column takes away.
    rowid: Option<&'static str>,
}

impl Table {
    /// The tables of a schema, in the order in which they were made.
    pub(super) fn all(sql: &Connection) -> rusqlite::Result<Vec<Self>> {
        let mut names = sql.prepare(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND rootpage > 0 ORDER BY rowid",
        )?;
        let names = names.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        names
            .map(|found| {
                let (name, text): (String, String) = found?;
                // Generated columns are computed again.
                let mut columns = sql.prepare(
                    "SELECT name FROM pragma_table_xinfo(?1, 'main') WHERE hidden < 2 ORDER BY cid",
                )?;
                let columns = columns.query_map([&name], |row| row.get(0))?;
                Ok(Self {
                    columns: columns.collect::<rusqlite::Result<_>>()?,
                    rowid: rowid(sql, &name)?,
                    name,
                    sql: text,
                })
            })
            .collect()
    }

    /// Reads every row whole, in the order of its rowid or primary key: an index would have its
    /// own.
    pub(super) fn select(&self) -> String {
        let columns: Vec<String> = self.values().collect();
        self.select_as(&columns.join(", "))
    }

    /// Reads every row as the bytes that are stored, for text that loses something on its way
    /// through UTF-8.
    pub(super) fn select_bytes(&self) -> String {
        let bytes = |value| format!("typeof({value}), CAST({value} AS BLOB)");
        let columns: Vec<String> = self.values().map(bytes).collect();
        self.select_as(&columns.join(", "))
    }

    fn select_as(&self, columns: &str) -> String {
        format!(
            "SELECT {columns} FROM main.{} NOT INDEXED",
            quote(&self.name)
        )
    }

    /// Writes one row whole.
    pub(super) fn insert(&self) -> String {
        let columns: Vec<String> = self.values().collect();
        let places = vec!["?"; columns.len()].join(", ");
        format!(
            "INSERT INTO main.{} ({}) VALUES ({places})",
            quote(&self.name),
            columns.join(", ")
        )
    }

    /// How many values a row has.
    pub(super) fn width(&self) -> usize {
        self.columns.len() + usize::from(self.rowid.is_some())
    }

    fn values(&self) -> impl Iterator<Item = String> {
        let rowid = self.rowid.map(str::to_owned);
        rowid
            .into_iter()
            .chain(self.columns.iter().map(|name| quote(name)))
    }
}

/// A name of the rowid: none in a table WITHOUT ROWID, or if columns have all three.
fn rowid(sql: &Connection, table: &str) -> rusqlite::Result<Option<&'static str>> {
    for name in ["rowid", "_rowid_", "oid"] {
        let is_column = sql
            .query_row(
                "SELECT 1 FROM pragma_table_xinfo(?1, 'main') WHERE name = ?2 COLLATE NOCASE",
                [table, name],
                |_| Ok(()),
            )
            .optional()?;
        if is_column.is_some() {
            continue;
        }
        let asked = sql.prepare(&format!("SELECT {name} FROM main.{}", quote(table)));
        return match asked {
            Ok(_) => Ok(Some(name)),
            Err(error) if is_unknown_column(&error) => Ok(None),
            Err(error) => Err(error),
        };
    }
    Ok(None)
}

fn is_unknown_column(error: &rusqlite::Error) -> bool {
    matches!(error, rusqlite::Error::SqlInputError { msg, .. } if msg.starts_with("no such column"))
}

/// An identifier as SQL takes it, whatever it is.
pub(super) fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
