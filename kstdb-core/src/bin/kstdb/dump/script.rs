//! The dump as an SQL script, which makes an equal database.
//!
//! Tables come first and rows after their indexes: a foreign key needs its parent table, and the
//! unique index that it refers to. Foreign keys themselves are checked at the end. Triggers come
//! last, so that they do not run. The script has no `BEGIN`: `kstdb exec` makes it one transaction.

use std::io::Write;

use kstdb_core::{AssertSqlSafe, DynamicRow, PooledConnection, RowStream, Value};

use crate::error::CliError;
use crate::query::next;
use crate::schema::{self, Table};
use crate::value::{quoted, sql};

/// Prints the script.
pub(super) async fn print(
    connection: &mut PooledConnection,
    out: &mut impl Write,
) -> Result<(), CliError> {
    refuse_virtual_tables(connection).await?;
    let tables = schema::tables(connection).await?;
    writeln!(out, "PRAGMA defer_foreign_keys = ON;")?;
    for setting in ["user_version", "application_id"] {
        let read = format!("SELECT * FROM pragma_{setting}");
        let value: i64 = connection.fetch_value(AssertSqlSafe(read), ()).await?;
        writeln!(out, "PRAGMA {setting} = {value};")?;
    }
    for table in &tables {
        writeln!(out, "{};", table.sql)?;
    }
    print_schema("index", connection, out).await?;
    for table in &tables {
        print_rows(table, connection, out).await?;
    }
    print_sequence(connection, out).await?;
    print_schema("view", connection, out).await?;
    print_schema("trigger", connection, out).await
}

/// The tables behind a virtual table are its own business, and it may hold more than its rows.
async fn refuse_virtual_tables(connection: &mut PooledConnection) -> Result<(), CliError> {
    let found: Option<(String,)> = connection
        .fetch_optional(
            "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'virtual'",
            (),
        )
        .await?;
    match found {
        Some((table,)) => Err(CliError::VirtualTable { table }),
        None => Ok(()),
    }
}

/// Prints the statements that made one type of things, in the order in which they were made.
async fn print_schema(
    kind: &str,
    connection: &mut PooledConnection,
    out: &mut impl Write,
) -> Result<(), CliError> {
    let statements: Vec<(String,)> = connection
        .fetch_all(
            "SELECT sql FROM sqlite_schema WHERE type = ? AND sql IS NOT NULL ORDER BY rowid",
            (kind,),
        )
        .await?;
    for (statement,) in statements {
        writeln!(out, "{statement};")?;
    }
    Ok(())
}

async fn print_rows(
    table: &Table,
    connection: &mut PooledConnection,
    out: &mut impl Write,
) -> Result<(), CliError> {
    let own = table.columns.iter().filter(|column| !column.generated);
    let columns: Vec<String> = own.map(|column| quoted(&column.name)).collect();
    let (name, columns) = (quoted(&table.name), columns.join(","));
    let select = format!("SELECT {columns} FROM {name} ORDER BY {}", table.order());
    let mut rows: RowStream<'_, DynamicRow> = connection.fetch(AssertSqlSafe(select), ());
    while let Some(row) = next(&mut rows).await? {
        print_row(&name, &columns, row.values(), out)?;
    }
    Ok(())
}

/// What AUTOINCREMENT remembers: also of rows that are gone.
async fn print_sequence(
    connection: &mut PooledConnection,
    out: &mut impl Write,
) -> Result<(), CliError> {
    if !connection.table_exists("sqlite_sequence").await? {
        return Ok(());
    }
    let rows: Vec<DynamicRow> = connection
        .fetch_all("SELECT name, seq FROM sqlite_sequence ORDER BY name", ())
        .await?;
    // Without rows there may be no table left that uses it, and then a new database has none.
    if !rows.is_empty() {
        writeln!(out, "DELETE FROM sqlite_sequence;")?;
    }
    for row in rows {
        print_row("sqlite_sequence", "name,seq", row.values(), out)?;
    }
    Ok(())
}

fn print_row(
    table: &str,
    columns: &str,
    values: &[Value],
    out: &mut impl Write,
) -> Result<(), CliError> {
    let values: Vec<String> = values.iter().map(sql).collect();
    writeln!(
        out,
        "INSERT INTO {table}({columns}) VALUES({});",
        values.join(",")
    )?;
    Ok(())
}
