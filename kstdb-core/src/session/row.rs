//! Rows: from a statement that is being stepped into tuples, structs and dynamic values.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::value::{FromValue, Value, ValueRef};
use crate::error::RowError;

/// The columns of a result, in order.
#[derive(Clone, Debug)]
pub struct Columns(Arc<[Box<str>]>);

impl Columns {
    /// Asks a statement for them.
    ///
    /// # Errors
    /// [`RowError::NameNotUtf8`]: rusqlite panics at such a name, and has no other way to it.
    pub(crate) fn of(statement: &rusqlite::Statement<'_>) -> Result<Self, RowError> {
        let names = || {
            statement
                .column_names()
                .into_iter()
                .map(Into::into)
                .collect()
        };
        let names = catch_unwind(AssertUnwindSafe(names));
        names.map(Self).map_err(|_| RowError::NameNotUtf8)
    }

    /// Counts the columns.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Tells whether the statement returns no rows at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Iterates over the names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// Finds a column by its exact name; the first one if there are several.
    #[must_use]
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.names().position(|column| column == name)
    }

    /// Finds a column that must be there.
    ///
    /// # Errors
    /// [`RowError::NoSuchColumn`] names the column and those that there are.
    pub fn require(&self, name: &str) -> Result<usize, RowError> {
        self.index_of(name).ok_or_else(|| RowError::NoSuchColumn {
            column: name.to_owned(),
            available: self.names().map(str::to_owned).collect(),
        })
    }
}

/// One row while it is being read; it borrows SQLite's own memory.
pub struct Row<'row> {
    row: &'row rusqlite::Row<'row>,
    bytes: Cell<usize>,
}

impl std::fmt::Debug for Row<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Row").finish_non_exhaustive()
    }
}

impl<'row> Row<'row> {
    pub(crate) fn new(row: &'row rusqlite::Row<'row>) -> Self {
        Self {
            row,
            bytes: Cell::new(0),
        }
    }

    /// The bytes of the text and the blobs that were read.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.get()
    }

    /// Reads the value of a column without a copy.
    ///
    /// # Errors
    /// [`RowError::NoSuchIndex`] when there is no such column.
    #[inline]
    pub fn value(&self, index: usize) -> Result<ValueRef<'_>, RowError> {
        let value = self
            .row
            .get_ref(index)
            .map(ValueRef::from)
            .map_err(|_| RowError::NoSuchIndex { index })?;
        if let ValueRef::Text(bytes) | ValueRef::Blob(bytes) = value {
            self.bytes.set(self.bytes.get() + bytes.len());
        }
        Ok(value)
    }

    /// Reads a column.
    ///
    /// # Errors
    /// - [`RowError::NoSuchIndex`]: there is no such column.
    /// - [`RowError::Value`]: the value does not fit the type.
    #[inline]
    pub fn get<T: FromValue>(&self, index: usize) -> Result<T, RowError> {
        T::from_value(self.value(index)?).map_err(|source| RowError::Value {
            column: self.column_name(index),
            source,
        })
    }
}

impl Row<'_> {
    /// Reads a column into one type and converts it to another: what
    /// `#[kstdb(try_from = "..")]` does.
    ///
    /// # Errors
    /// - those of [`get`](Self::get).
    /// - [`RowError::Convert`]: the conversion refused the value.
    pub fn get_via<S, T>(&self, index: usize) -> Result<T, RowError>
    where
        S: FromValue,
        T: TryFrom<S>,
        T::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        T::try_from(self.get::<S>(index)?).map_err(|error| RowError::Convert {
            column: self.column_name(index),
            source: error.into(),
        })
    }

    #[cold]
    fn column_name(&self, index: usize) -> String {
        self.row
            .as_ref()
            .column_name(index)
            .unwrap_or_default()
            .to_owned()
    }
}

/// A type that a row can be read into: tuples by position, structs by name
/// (`#[derive(FromRow)]`), or [`DynamicRow`].
///
/// Reading has two steps, so that names are looked up once per statement and not once per row.
pub trait FromRow: Sized {
    /// Where the fields are found among the columns.
    type Plan: Send;

    /// Finds the fields among the columns.
    ///
    /// # Errors
    /// [`RowError`] when a column is missing or their number is not the expected one.
    fn plan(columns: &Columns) -> Result<Self::Plan, RowError>;

    /// Reads one row.
    ///
    /// # Errors
    /// [`RowError::Value`] when a value does not fit its field.
    fn from_row(row: &Row<'_>, plan: &Self::Plan) -> Result<Self, RowError>;
}

fn expect_columns(columns: &Columns, expected: usize) -> Result<(), RowError> {
    if columns.len() == expected {
        Ok(())
    } else {
        Err(RowError::ColumnCount {
            expected,
            found: columns.len(),
        })
    }
}

macro_rules! tuple_row {
    ($($type:ident $index:tt),+) => {
        impl<$($type: FromValue),+> FromRow for ($($type,)+) {
            type Plan = ();

            fn plan(columns: &Columns) -> Result<Self::Plan, RowError> {
                expect_columns(columns, [$($index),+].len())
            }

            fn from_row(row: &Row<'_>, (): &Self::Plan) -> Result<Self, RowError> {
                Ok(($(row.get::<$type>($index)?,)+))
            }
        }
    };
}
super::for_each_tuple!(tuple_row);

/// A row whose columns are known only at run time.
#[derive(Clone, Debug)]
pub struct DynamicRow {
    columns: Columns,
    values: Vec<Value>,
}

impl DynamicRow {
    /// The columns, shared by all rows of a result.
    #[must_use]
    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    /// The values, in the order of the columns.
    #[must_use]
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// Takes the values out.
    #[must_use]
    pub fn into_values(self) -> Vec<Value> {
        self.values
    }

    /// Reads a column by name.
    ///
    /// # Errors
    /// - [`RowError::NoSuchColumn`]: there is no column of that name.
    /// - [`RowError::Value`]: the value does not fit the type.
    pub fn get<T: FromValue>(&self, name: &str) -> Result<T, RowError> {
        let index = self.columns.require(name)?;
        T::from_value(self.values[index].as_ref()).map_err(|source| RowError::Value {
            column: name.to_owned(),
            source,
        })
    }
}

impl FromRow for DynamicRow {
    type Plan = Columns;

    fn plan(columns: &Columns) -> Result<Self::Plan, RowError> {
        Ok(columns.clone())
    }

    fn from_row(row: &Row<'_>, plan: &Self::Plan) -> Result<Self, RowError> {
        let values = (0..plan.len())
            .map(|index| row.get(index))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            columns: plan.clone(),
            values,
        })
    }
}

/// One value as a row: what `fetch_value` reads.
pub(crate) struct FirstColumn<T>(pub(crate) T);

impl<T: FromValue> FromRow for FirstColumn<T> {
    type Plan = ();

    fn plan(columns: &Columns) -> Result<Self::Plan, RowError> {
        if columns.is_empty() {
            Err(RowError::NoSuchIndex { index: 0 })
        } else {
            Ok(())
        }
    }

    fn from_row(row: &Row<'_>, (): &Self::Plan) -> Result<Self, RowError> {
        row.get(0).map(Self)
    }
}
