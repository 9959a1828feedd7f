//! A checked statement: text, arguments and effect, ready to run.

use sqlx::SqlStr;

use super::arguments::Arguments;
use super::effect::Effect;
use super::target::QueryTarget;
use crate::error::{DatabaseError, ParameterError};
use crate::pool::Call;
use crate::queries;
use crate::session::{AnyReader, AnyRows, Executed, Limit, ParamList};

/// A statement without rows that was checked while compiling: it can be executed, and nothing else.
///
/// What [`query!`](crate::query!) gives for it. It runs once, on
/// [`&AsyncDatabase`](crate::AsyncDatabase), [`&mut Transaction`](crate::Transaction) or
/// [`&mut PooledConnection`](crate::PooledConnection).
#[must_use = "a statement does nothing until it is run"]
pub struct CheckedStatement {
    pub(super) sql: SqlStr,
    pub(super) params: Result<ParamList, ParameterError>,
    pub(super) effect: Effect,
}

impl std::fmt::Debug for CheckedStatement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CheckedStatement")
            .field("sql", &self.sql.as_str())
            .field("effect", &self.effect)
            .finish_non_exhaustive()
    }
}

impl CheckedStatement {
    /// What the macros call.
    #[doc(hidden)]
    pub fn new(sql: &'static [&'static str], effect: Effect, arguments: Arguments) -> Self {
        let (sql, params) = arguments.finish(sql);
        Self {
            sql,
            params,
            effect,
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

    /// The call that reads its rows.
    pub(super) fn fetching(
        self,
        limit: Limit,
        reader: AnyReader,
    ) -> Result<Call<AnyRows>, DatabaseError> {
        let effect = Some(self.effect);
        Ok(queries::fetching(
            self.sql,
            self.params?,
            limit,
            effect,
            reader,
        ))
    }
}
