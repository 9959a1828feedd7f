//! `kstdb query`: the rows of one statement that only reads.

use std::future::poll_fn;
use std::io::{self, Write as _};
use std::pin::Pin;

use futures_core::Stream as _;
use kstdb_core::sqlx::{Column as _, Executor as _, SqlSafeStr as _, Statement as _};
use kstdb_core::{AssertSqlSafe, AsyncDatabase, DatabaseError, DynamicRow, RowStream};

use crate::error::{CliError, is_read_only};
use crate::flags::{Query, Shared};
use crate::output::{Output, escape};
use crate::table::Printer;
use crate::value::{TaggedRow, cell};
use crate::{open, param};

impl Query {
    pub(crate) async fn run(self, shared: &Shared, output: &mut Output) -> Result<(), CliError> {
        let params = param::parse_all(&self.params)?;
        let db = open::for_reading(shared, &self.database).await?;
        open::closing(db, async |db| {
            let mut connection = open::snapshot(db).await?;
            let mut rows: Rows<'_> = connection.fetch(AssertSqlSafe(self.sql.as_str()), params);
            if let Some(first) = next(&mut rows).await.map_err(explain)? {
                let columns: Vec<String> = first.columns().names().map(str::to_owned).collect();
                return print(&columns, Some((first, &mut rows)), output).await;
            }
            drop(rows);
            drop(connection);
            print(&columns(db, &self.sql).await?, None, output).await
        })
        .await
    }
}

type Rows<'c> = RowStream<'c, DynamicRow>;

/// The first row, and where the others come from.
type Found<'a, 'c> = Option<(DynamicRow, &'a mut Rows<'c>)>;

async fn print(
    columns: &[String],
    found: Found<'_, '_>,
    output: &mut Output,
) -> Result<(), CliError> {
    if output.is_json() {
        print_json(columns, found, output).await
    } else {
        print_table(columns, found, output).await
    }
}

async fn print_table(
    columns: &[String],
    mut found: Found<'_, '_>,
    output: &mut Output,
) -> Result<(), CliError> {
    // A statement such as `PRAGMA optimize` has neither columns nor rows.
    if columns.is_empty() {
        return Ok(());
    }
    let header = columns.iter().map(|name| escape(name)).collect();
    let mut printer = Printer::new(header, output.is_terminal());
    while let Some((row, rows)) = found {
        printer.row(row.values().iter().map(cell).collect(), output)?;
        found = next(rows).await?.map(|row| (row, rows));
    }
    Ok(printer.finish(output)?)
}

/// One row a line, so that a large answer is never held in memory.
async fn print_json(
    columns: &[String],
    mut found: Found<'_, '_>,
    output: &mut Output,
) -> Result<(), CliError> {
    let names = serde_json::to_string(columns).map_err(io::Error::from)?;
    write!(output, "{{\n  \"columns\": {names},\n  \"rows\": [")?;
    let mut separator = "\n    ";
    while let Some((row, rows)) = found {
        let row = serde_json::to_string(&TaggedRow(row.values())).map_err(io::Error::from)?;
        write!(output, "{separator}{row}")?;
        separator = ",\n    ";
        found = next(rows).await?.map(|row| (row, rows));
    }
    writeln!(output, "\n  ]\n}}")?;
    Ok(())
}

/// The next row of a stream.
pub(crate) async fn next(
    rows: &mut RowStream<'_, DynamicRow>,
) -> Result<Option<DynamicRow>, DatabaseError> {
    poll_fn(|cx| Pin::new(&mut *rows).poll_next(cx))
        .await
        .transpose()
}

/// The columns of a statement that gave no row.
async fn columns(db: &AsyncDatabase, sql: &str) -> Result<Vec<String>, CliError> {
    let statement = db
        .prepare(AssertSqlSafe(sql).into_sql_str())
        .await
        .map_err(CliError::Describe)?;
    Ok(statement
        .columns()
        .iter()
        .map(|column| column.name().to_owned())
        .collect())
}

/// Points from a refused write to the verb that writes.
fn explain(error: DatabaseError) -> CliError {
    if is_read_only(&error) {
        CliError::QueryWrites
    } else {
        error.into()
    }
}
