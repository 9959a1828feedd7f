//! The dump for programs: every value with its storage class, written row by row.

use std::io::{self, Write};

use kstdb_core::{AssertSqlSafe, DynamicRow, PooledConnection, RowStream};
use serde::Serialize;

use crate::error::CliError;
use crate::query::next;
use crate::schema::{self, Column, Table};
use crate::value::{TaggedRow, quoted};

/// Prints `{"tables": {name: {"columns", "declared", "sql", "count", "rows"}}}`.
pub(super) async fn print(
    connection: &mut PooledConnection,
    out: &mut impl Write,
) -> Result<(), CliError> {
    write!(out, "{{\"tables\": {{")?;
    let mut separator = "\n";
    for table in schema::tables(connection).await? {
        write!(out, "{separator} ")?;
        separator = ",\n";
        print_table(&table, connection, out).await?;
    }
    writeln!(out, "\n}}}}")?;
    Ok(())
}

async fn print_table(
    table: &Table,
    connection: &mut PooledConnection,
    out: &mut impl Write,
) -> Result<(), CliError> {
    let count = table.count(connection).await?;
    // A generated column is no column of the table, and yet a value of its rows.
    let own = || table.columns.iter().filter(|column| !column.generated);
    let columns: Vec<&str> = own().map(|Column { name, .. }| name.as_str()).collect();
    let declared: Vec<&str> = own()
        .map(|Column { declared, .. }| declared.as_str())
        .collect();
    write_json(out, &table.name)?;
    write!(out, ": {{\n  \"columns\": ")?;
    write_json(out, &columns)?;
    write!(out, ",\n  \"declared\": ")?;
    write_json(out, &declared)?;
    write!(out, ",\n  \"sql\": ")?;
    write_json(out, &table.sql)?;
    write!(out, ",\n  \"count\": {count},\n  \"rows\": [")?;

    let sql = format!(
        "SELECT * FROM {} ORDER BY {}",
        quoted(&table.name),
        table.order()
    );
    let mut rows: RowStream<'_, DynamicRow> = connection.fetch(AssertSqlSafe(sql), ());
    let mut separator = "\n   ";
    while let Some(row) = next(&mut rows).await? {
        write!(out, "{separator}")?;
        write_json(out, &TaggedRow(row.values()))?;
        separator = ",\n   ";
    }
    write!(out, "\n  ]\n }}")?;
    Ok(())
}

fn write_json(out: &mut impl Write, value: &(impl Serialize + ?Sized)) -> io::Result<()> {
    Ok(serde_json::to_writer(out, value)?)
}
