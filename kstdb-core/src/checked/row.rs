//! How a row of a checked query is read.

use crate::error::RowError;
use crate::session::{Columns, FromValue, ReadRow, Row};

/// How a row becomes a value: the columns as they were while compiling, and a function for the rest.
pub(super) struct CheckedRow<T> {
    columns: Expected,
    read: fn(&Row<'_>) -> Result<T, RowError>,
}

#[derive(Clone, Copy)]
enum Expected {
    /// These, in this order.
    Names(&'static [&'static str]),
    /// One, of any name.
    One,
}

impl<T> CheckedRow<T> {
    pub(super) fn of(
        names: &'static [&'static str],
        read: fn(&Row<'_>) -> Result<T, RowError>,
    ) -> Self {
        Self {
            columns: Expected::Names(names),
            read,
        }
    }
}

impl<T: FromValue> CheckedRow<T> {
    pub(super) fn of_one_column() -> Self {
        Self {
            columns: Expected::One,
            read: |row| row.get(0),
        }
    }
}

impl<T: Send + 'static> ReadRow for CheckedRow<T> {
    type Value = T;
    type Plan = ();

    fn plan(&self, columns: &Columns) -> Result<(), RowError> {
        self.columns.expect(columns)
    }

    fn read(&self, row: &Row<'_>, (): &()) -> Result<T, RowError> {
        (self.read)(row)
    }
}

impl Expected {
    /// Checks that a result has the columns that it had while compiling. One has another name, as
    /// `SELECT *` gives it after a change of the schema.
    fn expect(self, columns: &Columns) -> Result<(), RowError> {
        let (count, names) = match self {
            Self::Names(names) => (names.len(), names),
            Self::One => (1, &[][..]),
        };
        if columns.len() != count {
            return Err(RowError::ColumnCount {
                expected: count,
                found: columns.len(),
            });
        }
        match columns.names().zip(names).find(|(is, was)| is != *was) {
            None => Ok(()),
            Some((_, missing)) => Err(RowError::NoSuchColumn {
                column: (*missing).to_owned(),
                available: columns.names().map(str::to_owned).collect(),
            }),
        }
    }
}
