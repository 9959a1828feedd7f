//! A checked query: text, arguments, effect and rows, ready to run.

use std::convert::identity;

use sqlx::SqlStr;

use super::arguments::Arguments;
use super::effect::Effect;
use super::target::QueryTarget;
use crate::error::{DatabaseError, ParameterError, RowError};
use crate::queries;
use crate::session::{Columns, Executed, FromRow, FromValue, Limit, OneColumn, ParamList};
use crate::stream::RowStream;

/// A query that was checked while compiling: what [`query!`](crate::query!) and its relatives give.
///
/// It runs once, on [`&AsyncDatabase`](crate::AsyncDatabase),
/// [`&mut Transaction`](crate::Transaction) or [`&mut PooledConnection`](crate::PooledConnection).
/// `T` is what it gives for a row; a statement without rows has [`execute`](Self::execute) alone.
#[must_use = "a query does nothing until it is run"]
pub struct CheckedQuery<T, R = T> {
    sql: SqlStr,
    params: Result<ParamList, ParameterError>,
    effect: Effect,
    into: fn(R) -> T,
}

impl<T, R> std::fmt::Debug for CheckedQuery<T, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CheckedQuery")
            .field("sql", &self.sql.as_str())
            .field("effect", &self.effect)
            .finish_non_exhaustive()
    }
}

impl<T> CheckedQuery<T> {
    /// What the macros call.
    #[doc(hidden)]
    pub fn new(sql: &'static [&'static str], effect: Effect, arguments: Arguments) -> Self {
        Self::mapped(sql, effect, arguments, identity)
    }
}

impl<T: FromValue> CheckedQuery<T, OneColumn<T>> {
    /// What `query_scalar!` calls.
    #[doc(hidden)]
    pub fn scalar(sql: &'static [&'static str], effect: Effect, arguments: Arguments) -> Self {
        Self::mapped(sql, effect, arguments, OneColumn::into_inner)
    }
}

impl<T, R> CheckedQuery<T, R> {
    /// What `query_as!` calls.
    #[doc(hidden)]
    pub fn mapped(
        sql: &'static [&'static str],
        effect: Effect,
        arguments: Arguments,
        into: fn(R) -> T,
    ) -> Self {
        let (sql, params) = arguments.finish(sql);
        Self {
            sql,
            params,
            effect,
            into,
        }
    }

    /// Whether it only reads.
    #[must_use]
    pub const fn effect(&self) -> Effect {
        self.effect
    }

    /// Its text, with the lists written out.
    #[must_use]
    pub fn sql(&self) -> &str {
        self.sql.as_str()
    }

    /// Runs it for its effect; rows are stepped over.
    ///
    /// # Errors
    /// Those of [`AsyncDatabase::execute`](crate::AsyncDatabase::execute), and
    /// [`StatementError::OtherEffect`](crate::StatementError::OtherEffect) when the schema at run
    /// time makes it another statement than the one that was checked.
    ///
    /// # Cancel safety
    /// Dropping the future stops the statement. It is stored whole or not at all; in an open
    /// transaction an interrupted write rolls the whole transaction back.
    pub async fn execute(self, target: impl QueryTarget) -> Result<Executed, DatabaseError> {
        queries::execute(target, self.sql, self.params, Some(self.effect)).await
    }
}

impl<T: 'static, R: FromRow + Send + 'static> CheckedQuery<T, R> {
    /// Reads the first row.
    ///
    /// # Errors
    /// Those of [`fetch_optional`](Self::fetch_optional), and
    /// [`StatementError::RowNotFound`](crate::StatementError::RowNotFound) if there is none.
    ///
    /// # Cancel safety
    /// Dropping the future stops the statement.
    pub async fn fetch_one(self, target: impl QueryTarget) -> Result<T, DatabaseError> {
        let (into, effect) = (self.into, Some(self.effect));
        queries::fetch_one(target, self.sql, self.params, effect)
            .await
            .map(into)
    }

    /// Reads the first row, if there is one.
    ///
    /// # Errors
    /// Those of [`execute`](Self::execute), and
    /// [`StatementError::Row`](crate::StatementError::Row) if a value does not fit its type: SQLite
    /// lets a column hold other types than the declared one unless its table is `STRICT`.
    ///
    /// # Cancel safety
    /// Dropping the future stops the statement.
    pub async fn fetch_optional(
        self,
        target: impl QueryTarget,
    ) -> Result<Option<T>, DatabaseError> {
        let (into, effect) = (self.into, Some(self.effect));
        let found = queries::fetch_optional(target, self.sql, self.params, effect).await?;
        Ok(found.map(into))
    }

    /// Reads all rows.
    ///
    /// # Errors
    /// Those of [`fetch_optional`](Self::fetch_optional).
    ///
    /// # Cancel safety
    /// Dropping the future stops the statement.
    pub async fn fetch_all(self, target: impl QueryTarget) -> Result<Vec<T>, DatabaseError> {
        let (into, effect) = (self.into, Some(self.effect));
        let found = queries::fetch(target, self.sql, self.params, Limit::All, effect).await?;
        // `collect` would be compiled at length for the row type of each query.
        let mut rows = Vec::with_capacity(found.len());
        for row in found {
            rows.push(into(row));
        }
        Ok(rows)
    }

    /// Reads all rows as a stream, in batches; see
    /// [`AsyncDatabase::fetch`](crate::AsyncDatabase::fetch).
    pub fn fetch<'c>(self, target: impl QueryTarget + 'c) -> RowStream<'c, T>
    where
        T: Send,
    {
        RowStream::new(target, self.sql, self.params, Some(self.effect), self.into)
    }
}

/// What a statement gives that returns no rows: it can be executed, and nothing else.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct NoRows;

/// Checks that a result has the columns that it had while compiling.
///
/// # Errors
/// - [`RowError::ColumnCount`]: there are more or fewer.
/// - [`RowError::NoSuchColumn`]: one has another name, as `SELECT *` gives it after a change.
#[doc(hidden)]
pub fn expect_columns(columns: &Columns, expected: &[&str]) -> Result<(), RowError> {
    if columns.len() != expected.len() {
        return Err(RowError::ColumnCount {
            expected: expected.len(),
            found: columns.len(),
        });
    }
    match columns.names().zip(expected).find(|(is, was)| is != *was) {
        None => Ok(()),
        Some((_, missing)) => Err(RowError::NoSuchColumn {
            column: (*missing).to_owned(),
            available: columns.names().map(str::to_owned).collect(),
        }),
    }
}
