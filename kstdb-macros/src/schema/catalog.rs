//! The tables of a schema, and what their b-trees hold.

use std::collections::{HashMap, HashSet};

use rusqlite::Connection;

use super::kind::Kind;

/// What a stored column can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) kind: Kind,
    /// The schema itself keeps NULL out.
    pub(crate) never_null: bool,
}

impl Stored {
    const ROWID: Self = Self {
        kind: Kind::Integer,
        never_null: true,
    };
    const UNKNOWN: Self = Self {
        kind: Kind::Any,
        never_null: false,
    };
}

/// The names of a table or view, for "did you mean".
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) columns: Vec<String>,
}

/// The tables, views and b-trees of a schema.
#[derive(Clone, Debug, Default)]
pub(crate) struct Catalog {
    pub(crate) tables: Vec<Named>,
    /// By root page: what each field of a record holds.
    pub(crate) trees: HashMap<i64, Vec<Stored>>,
    /// Table and column of those that have no declared type.
    pub(crate) untyped: HashSet<(String, String)>,
}

/// A column as `pragma_table_xinfo` tells it.
struct Info {
    name: String,
    stored: Stored,
    /// It is computed when it is read.
    virtual_: bool,
    has_type: bool,
    /// `SELECT *` leaves it out: a column of a virtual table.
    hidden: bool,
}

impl Catalog {
    /// Reads the catalog of a database.
    pub(crate) fn read(database: &Connection) -> rusqlite::Result<Self> {
        let mut catalog = Self::default();
        let mut objects = database.prepare(
            "SELECT type, name, tbl_name, coalesce(rootpage, 0), sql FROM sqlite_schema",
        )?;
        let objects = objects.query_map((), |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, String>(2)?,
                row.get::<_, i64>(3)?,
            ))
        })?;
        for object in objects {
            let (class, name, table, root) = object?;
            match class.as_str() {
                // A view can name what is no longer there: SQLite says so to those who use it.
                "view" => drop(catalog.add_table(database, name, root)),
                "table" => catalog.add_table(database, name, root)?,
                "index" => {
                    let columns = columns(database, &table)?;
                    catalog
                        .trees
                        .insert(root, fields(database, &name, &columns)?);
                }
                _ => {}
            }
        }
        Ok(catalog)
    }

    fn add_table(
        &mut self,
        database: &Connection,
        name: String,
        root: i64,
    ) -> rusqlite::Result<()> {
        let columns = columns(database, &name)?;
        if root != 0 {
            let fields = match primary_key_index(database, &name)? {
                // Without a rowid the table is its primary key's index, in that order.
                Some(index) if is_without_rowid(database, &name)? => {
                    fields(database, &index, &columns)?
                }
                // Virtual columns take no place in the record.
                _ => {
                    let stored = columns.iter().filter(|column| !column.virtual_);
                    stored.map(|column| column.stored).collect()
                }
            };
            self.trees.insert(root, fields);
        }
        let untyped = columns.iter().filter(|column| !column.has_type);
        let untyped = untyped.map(|column| (name.clone(), column.name.clone()));
        self.untyped.extend(untyped);
        let shown = columns.into_iter().filter(|column| !column.hidden);
        self.tables.push(Named {
            columns: shown.map(|column| column.name).collect(),
            name,
        });
        Ok(())
    }
}

fn columns(database: &Connection, table: &str) -> rusqlite::Result<Vec<Info>> {
    let mut statement = database
        .prepare_cached("SELECT name, type, \"notnull\", hidden FROM pragma_table_xinfo(?)")?;
    let columns = statement.query_map((table,), |row| {
        let declared: String = row.get(1)?;
        let hidden = row.get::<_, i64>(3)?;
        let generated = hidden > 1;
        Ok(Info {
            name: row.get(0)?,
            stored: Stored {
                kind: Kind::of_declared(&declared),
                never_null: row.get(2)? && !generated,
            },
            virtual_: hidden == 2,
            has_type: !declared.is_empty(),
            hidden: hidden == 1,
        })
    })?;
    columns.collect()
}

/// The fields of an index record: its columns, then what leads to the row.
fn fields(database: &Connection, index: &str, columns: &[Info]) -> rusqlite::Result<Vec<Stored>> {
    let mut statement =
        database.prepare_cached("SELECT cid FROM pragma_index_xinfo(?) ORDER BY seqno")?;
    let fields = statement.query_map((index,), |row| {
        Ok(match row.get::<_, i64>(0)? {
            -1 => Stored::ROWID,
            cid => usize::try_from(cid)
                .ok()
                .and_then(|cid| columns.get(cid))
                .map_or(Stored::UNKNOWN, |column| column.stored),
        })
    })?;
    fields.collect()
}

fn primary_key_index(database: &Connection, table: &str) -> rusqlite::Result<Option<String>> {
    let mut statement =
        database.prepare_cached("SELECT name FROM pragma_index_list(?) WHERE origin = 'pk'")?;
    let mut rows = statement.query((table,))?;
    rows.next()?.map(|row| row.get(0)).transpose()
}

fn is_without_rowid(database: &Connection, table: &str) -> rusqlite::Result<bool> {
    let mut statement = database
        .prepare_cached("SELECT wr FROM pragma_table_list WHERE schema = 'main' AND name = ?")?;
    let mut rows = statement.query((table,))?;
    Ok(rows
        .next()?
        .map(|row| row.get(0))
        .transpose()?
        .unwrap_or(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(sql: &str) -> rusqlite::Result<Vec<bool>> {
        let database = Connection::open_in_memory()?;
        database.execute_batch(sql)?;
        let root: i64 = database.query_row(
            "SELECT rootpage FROM sqlite_schema ORDER BY rowid DESC LIMIT 1",
            (),
            |row| row.get(0),
        )?;
        let fields = &Catalog::read(&database)?.trees[&root];
        Ok(fields.iter().map(|field| field.never_null).collect())
    }

    #[test]
    fn a_table_holds_its_columns_in_order() -> rusqlite::Result<()> {
        assert_eq!(
            tree("CREATE TABLE t (a TEXT, b TEXT NOT NULL)")?,
            [false, true]
        );
        Ok(())
    }

    #[test]
    fn an_index_ends_with_the_rowid() -> rusqlite::Result<()> {
        let sql = "CREATE TABLE t (a TEXT, b TEXT NOT NULL); CREATE INDEX i ON t (b, a)";
        assert_eq!(tree(sql)?, [true, false, true]);
        Ok(())
    }

    #[test]
    fn a_table_without_rowid_starts_with_its_key() -> rusqlite::Result<()> {
        let sql = "CREATE TABLE t (a TEXT, b TEXT NOT NULL, PRIMARY KEY (b)) WITHOUT ROWID";
        assert_eq!(tree(sql)?, [true, false]);
        Ok(())
    }

    #[test]
    fn a_view_of_what_is_gone_is_left_out() -> rusqlite::Result<()> {
        let database = Connection::open_in_memory()?;
        database.execute_batch(
            "CREATE TABLE a (x INTEGER); CREATE TABLE b (y);
             CREATE VIEW v AS SELECT x FROM a; CREATE VIEW w AS SELECT y FROM b; DROP TABLE a;",
        )?;
        let catalog = Catalog::read(&database)?;
        let names: Vec<&str> = catalog.tables.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["b", "w"]);
        assert!(catalog.untyped.contains(&("b".to_owned(), "y".to_owned())));
        Ok(())
    }

    #[test]
    fn a_virtual_column_takes_no_place() -> rusqlite::Result<()> {
        let sql = "CREATE TABLE t (a INT NOT NULL, b INT AS (a + 1), c INT NOT NULL)";
        assert_eq!(tree(sql)?, [true, true]);
        let sql = "CREATE TABLE t (a INT NOT NULL, b INT AS (a + 1) STORED, c INT NOT NULL)";
        assert_eq!(tree(sql)?, [true, false, true]);
        Ok(())
    }
}
