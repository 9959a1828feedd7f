//! A checked query: a statement whose rows are read into values.

use super::arguments::Arguments;
use super::effect::Effect;
use super::row::CheckedRow;
use super::statement::CheckedStatement;
use super::target::QueryTarget;
use crate::error::{DatabaseError, RowError, StatementError};
use crate::session::{AnyReader, Executed, FromValue, Limit, Row};
use crate::stream::RowStream;

/// A query that was checked while compiling: what [`query!`](crate::query!) and its relatives give.
///
/// It runs once, on [`&AsyncDatabase`](crate::AsyncDatabase),
/// [`&mut Transaction`](crate::Transaction) or [`&mut PooledConnection`](crate::PooledConnection).
/// `T` is what it gives for a row; a statement without rows is a [`CheckedStatement`].
#[must_use = "a query does nothing until it is run"]
pub struct CheckedQuery<T> {
    statement: CheckedStatement,
    row: CheckedRow<T>,
}

impl<T> std::fmt::Debug for CheckedQuery<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CheckedQuery")
            .field("sql", &self.sql())
            .field("effect", &self.effect())
            .finish_non_exhaustive()
    }
}

impl<T: FromValue> CheckedQuery<T> {
    /// What `query_scalar!` calls.
    #[doc(hidden)]
    pub fn scalar(sql: &'static [&'static str], effect: Effect, arguments: Arguments) -> Self {
        Self {
            statement: CheckedStatement::new(sql, effect, arguments),
            row: CheckedRow::of_one_column(),
        }
    }
}

impl<T> CheckedQuery<T> {
    /// What `query!` and `query_as!` call.
    #[doc(hidden)]
    pub fn new(
        sql: &'static [&'static str],
        effect: Effect,
        arguments: Arguments,
        columns: &'static [&'static str],
        read: fn(&Row<'_>) -> Result<T, RowError>,
    ) -> Self {
        Self {
            statement: CheckedStatement::new(sql, effect, arguments),
            row: CheckedRow::of(columns, read),
        }
    }

    /// Whether it only reads.
    #[must_use]
    pub const fn effect(&self) -> Effect {
        self.statement.effect()
    }

    /// Its text, with the lists written out.
    #[must_use]
    pub fn sql(&self) -> &str {
        self.statement.sql()
    }

    /// Runs it for its effect; rows are stepped over. See [`CheckedStatement::execute`].
    ///
    /// # Errors
    /// Those of [`CheckedStatement::execute`].
    ///
    /// # Cancel safety
    /// That of [`CheckedStatement::execute`].
    pub async fn execute(self, target: impl QueryTarget) -> Result<Executed, DatabaseError> {
        self.statement.execute(target).await
    }
}

impl<T: Send + 'static> CheckedQuery<T> {
    /// Reads the first row.
    ///
    /// # Errors
    /// Those of [`fetch_optional`](Self::fetch_optional), and
    /// [`StatementError::RowNotFound`](crate::StatementError::RowNotFound) if there is none.
    ///
    /// # Cancel safety
    /// Dropping the future stops the statement.
    pub async fn fetch_one(self, target: impl QueryTarget) -> Result<T, DatabaseError> {
        let first = self.fetch_optional(target).await?;
        first.ok_or_else(|| StatementError::RowNotFound.into())
    }

    /// Reads the first row, if there is one.
    ///
    /// # Errors
    /// Those of [`CheckedStatement::execute`], and
    /// [`StatementError::Row`](crate::StatementError::Row) if a value does not fit its type: SQLite
    /// lets a column hold other types than the declared one unless its table is `STRICT`.
    ///
    /// # Cancel safety
    /// Dropping the future stops the statement.
    pub async fn fetch_optional(
        self,
        target: impl QueryTarget,
    ) -> Result<Option<T>, DatabaseError> {
        let call = self
            .statement
            .fetching(Limit::First, AnyReader::new(self.row))?;
        let rows = target.route(call).await?;
        Ok(rows.into_vec().pop())
    }

    /// Reads all rows.
    ///
    /// # Errors
    /// Those of [`fetch_optional`](Self::fetch_optional).
    ///
    /// # Cancel safety
    /// Dropping the future stops the statement.
    pub async fn fetch_all(self, target: impl QueryTarget) -> Result<Vec<T>, DatabaseError> {
        let call = self
            .statement
            .fetching(Limit::All, AnyReader::new(self.row))?;
        let rows = target.route(call).await?;
        Ok(rows.into_vec())
    }

    /// Reads all rows as a stream, in batches; see
    /// [`AsyncDatabase::fetch`](crate::AsyncDatabase::fetch).
    pub fn fetch<'c>(self, target: impl QueryTarget + 'c) -> RowStream<'c, T> {
        let CheckedStatement {
            sql,
            params,
            effect,
        } = self.statement;
        RowStream::new(target, sql, params, Some(effect), self.row)
    }
}
