//! Reading the rows of a statement: the loop is compiled once, whatever the rows become.

use std::any::Any;
use std::marker::PhantomData;

use rusqlite::CachedStatement;

use super::connect::Session;
use super::row::{Columns, FromRow, Row};
use super::statement::Limit;
use crate::error::{RowError, StatementError};

/// How the rows of a statement are read into values.
pub(crate) trait ReadRow: Send + 'static {
    /// What a row becomes.
    type Value: Send + 'static;
    /// Where its parts are found among the columns.
    type Plan;

    /// Looks at the columns, once per statement.
    fn plan(&self, columns: &Columns) -> Result<Self::Plan, RowError>;

    /// Reads one row.
    fn read(&self, row: &Row<'_>, plan: &Self::Plan) -> Result<Self::Value, RowError>;
}

/// Reads rows as their type says.
pub(crate) struct ByType<T>(PhantomData<fn() -> T>);

impl<T> ByType<T> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T: FromRow + Send + 'static> ReadRow for ByType<T> {
    type Value = T;
    type Plan = T::Plan;

    fn plan(&self, columns: &Columns) -> Result<T::Plan, RowError> {
        T::plan(columns)
    }

    fn read(&self, row: &Row<'_>, plan: &T::Plan) -> Result<T, RowError> {
        T::from_row(row, plan)
    }
}

/// A statement whose parameters are bound, before its first row.
pub(crate) struct Rows<'session> {
    pub(super) session: &'session Session,
    pub(super) statement: CachedStatement<'session>,
    pub(super) columns: Columns,
}

impl Rows<'_> {
    pub(crate) fn columns(&self) -> &Columns {
        &self.columns
    }

    /// Steps through the statement, until `each` says that it wants no more.
    pub(crate) fn for_each(
        mut self,
        each: &mut dyn FnMut(&Row<'_>) -> Result<bool, StatementError>,
    ) -> Result<(), StatementError> {
        let writes = !self.statement.readonly();
        let refusal = |error| self.session.refusal(error);
        let mut rows = self.statement.raw_query();
        while let Some(row) = rows.next().map_err(refusal)? {
            if !each(&Row::new(row))? {
                if writes {
                    // What it checks at its end, a foreign key for one, is not told otherwise.
                    while rows.next().map_err(refusal)?.is_some() {}
                }
                break;
            }
        }
        Ok(())
    }
}

/// A reader whose type the way to it does not know: that way is then compiled once, and not for each
/// type of a row. Checked queries have one each.
pub(crate) struct AnyReader(Box<dyn ReadRows>);

/// The rows that such a reader has read.
///
/// It is a type of its own because a future that holds a trait object is not always seen to be `Send`.
pub(crate) struct AnyRows(Box<dyn Any + Send>);

trait ReadRows: Send {
    fn read_rows(&self, rows: Rows<'_>, limit: Limit) -> Result<AnyRows, StatementError>;
}

impl AnyReader {
    pub(crate) fn new(reader: impl ReadRow) -> Self {
        Self(Box::new(reader))
    }

    pub(crate) fn read(&self, rows: Rows<'_>, limit: Limit) -> Result<AnyRows, StatementError> {
        self.0.read_rows(rows, limit)
    }
}

impl AnyRows {
    /// The rows, which have the type that their reader reads.
    pub(crate) fn into_vec<T: 'static>(mut self) -> Vec<T> {
        match self.0.downcast_mut() {
            Some(rows) => std::mem::take(rows),
            None => unreachable!("a reader keeps its type"),
        }
    }
}

impl<R: ReadRow> ReadRows for R {
    fn read_rows(&self, rows: Rows<'_>, limit: Limit) -> Result<AnyRows, StatementError> {
        let plan = self.plan(&rows.columns).map_err(StatementError::Row)?;
        let mut found = Vec::new();
        // `?` would be compiled at length for each type of a row.
        rows.for_each(&mut |row| match self.read(row, &plan) {
            Ok(value) => {
                found.push(value);
                Ok(limit == Limit::All)
            }
            Err(error) => Err(StatementError::Row(error)),
        })?;
        Ok(AnyRows(Box::new(found)))
    }
}
