//! What the tables of a database are, asked in one place.

use kstdb_core::{AssertSqlSafe, DatabaseError, FromRow, PooledConnection};

use crate::value::quoted;

/// A table, in the order that was asked for.
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) sql: String,
    pub(crate) columns: Vec<Column>,
}

/// A column, without those that a virtual table hides.
#[derive(FromRow)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) declared: String,
    /// The position in the primary key, from 1; 0 if it is not part of it.
    pub(crate) pk: i64,
    /// Computed from other columns.
    pub(crate) generated: bool,
}

/// The tables of the schema but for SQLite's own, by name.
pub(crate) async fn tables(connection: &mut PooledConnection) -> Result<Vec<Table>, DatabaseError> {
    let found: Vec<(String, String)> = connection
        .fetch_all(
            r"SELECT name, sql FROM sqlite_schema
              WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY name",
            (),
        )
        .await?;
    let mut tables = Vec::with_capacity(found.len());
    for (name, sql) in found {
        let columns = connection
            .fetch_all(
                "SELECT name, type AS declared, pk, hidden > 1 AS generated
                 FROM pragma_table_xinfo(?) WHERE hidden <> 1 ORDER BY cid",
                (name.as_str(),),
            )
            .await?;
        tables.push(Table { name, sql, columns });
    }
    Ok(tables)
}

impl Table {
    /// The order of the rows: by the primary key, or else by rowid.
    pub(crate) fn order(&self) -> String {
        let mut key: Vec<&Column> = self.columns.iter().filter(|column| column.pk > 0).collect();
        key.sort_by_key(|column| column.pk);
        let names: Vec<String> = key.iter().map(|column| quoted(&column.name)).collect();
        match names[..] {
            [] => "rowid".to_owned(),
            _ => names.join(", "),
        }
    }

    /// Counts the rows.
    pub(crate) async fn count(
        &self,
        connection: &mut PooledConnection,
    ) -> Result<i64, DatabaseError> {
        let sql = format!("SELECT count(*) FROM {}", quoted(&self.name));
        connection.fetch_value(AssertSqlSafe(sql), ()).await
    }
}
