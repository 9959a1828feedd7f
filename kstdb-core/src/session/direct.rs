//! Transactions whose work is an ordinary function: begin, every statement and commit in one hop.

use sqlx::{SqlSafeStr, SqlStr};

use super::atomic::Aborted;
use super::connect::Session;
use super::keyword::{Kind, kind};
use super::params::Params;
use super::row::{FirstColumn, FromRow};
use super::statement::{Executed, Limit};
use super::value::{FromValue, ValueRef};
use crate::checked::Effect;
use crate::error::{DatabaseError, StatementError, TransactionError, ValueError};
use crate::observe::{Pace, observed};

/// A transaction that reads, on the blocking thread that runs the whole of it:
/// [`AsyncDatabase::read`](crate::AsyncDatabase::read) makes it.
///
/// Everything is read from one snapshot, the one that the first statement finds.
#[derive(Debug)]
pub struct ReadTransaction<'session> {
    session: &'session Session,
}

/// A transaction that reads and writes, on the blocking thread that runs the whole of it:
/// [`AsyncDatabase::write`](crate::AsyncDatabase::write) makes it.
///
/// It holds the writer turn, so nothing that it reads changes before it commits. After an error of
/// a statement it usually goes on, as SQLite's own does; where SQLite has rolled it back, every
/// further call is [`TransactionError::RolledBack`].
#[derive(Debug)]
pub struct WriteTransaction<'session> {
    session: &'session Session,
}

/// What a transaction may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Read,
    Write,
}

/// Runs `work` in a transaction that only reads.
pub(crate) fn read<T, E: From<DatabaseError>>(
    session: &Session,
    work: impl FnOnce(&mut ReadTransaction<'_>) -> Result<T, E>,
) -> Result<T, E> {
    session
        .begin_read()
        .map_err(|error| E::from(error.into()))?;
    let done = work(&mut ReadTransaction { session });
    finish(session, done)
}

/// Runs `work` in a transaction of its own; the caller has the writer turn.
pub(crate) fn write<T, E: From<DatabaseError>>(
    session: &Session,
    work: impl FnOnce(&mut WriteTransaction<'_>) -> Result<T, E>,
) -> Result<T, E> {
    session.begin(0).map_err(|error| E::from(error.into()))?;
    let done = work(&mut WriteTransaction { session });
    finish(session, done)
}

/// Commits what went well; rolls back what did not, or what nobody waits for any more.
fn finish<T, E: From<DatabaseError>>(session: &Session, done: Result<T, E>) -> Result<T, E> {
    let cancelled = session.cancellation().is_cancelled();
    // From here on nothing is stopped any more: not a commit, which takes long if it checkpoints,
    // and not a rollback.
    session.cancellation().end_call();
    let done = match done {
        Ok(_) if cancelled => Err(E::from(TransactionError::RolledBack.into())),
        Ok(done) => {
            return match session.commit(0) {
                Ok(()) => Ok(done),
                Err(error) => Err(E::from(error.into())),
            };
        }
        Err(error) => Err(error),
    };
    if let Err(error) = session.roll_back_to(0) {
        tracing::warn!(%error, "rolling back failed, the connection is replaced");
    }
    done
}

/// Lets a statement through if the transaction is still open and may run it.
fn admit(session: &Session, sql: &str, access: Access) -> Result<(), DatabaseError> {
    if session.sql().is_autocommit() || session.cancellation().is_cancelled() {
        return Err(TransactionError::RolledBack.into());
    }
    if kind(sql) == Kind::TransactionControl {
        return Err(TransactionError::ControlStatement.into());
    }
    if access == Access::Read && session.or_damage(session.effect(sql))? == Effect::Writes {
        return Err(TransactionError::ReadOnly.into());
    }
    Ok(())
}

/// Runs a statement under the eyes of whoever looks.
fn seen<T>(session: &Session, sql: &SqlStr, work: impl FnOnce() -> T) -> T {
    observed(sql.as_str(), Pace::Own(session.slow_statement()), work).0
}

fn fetch<T: FromRow>(
    session: &Session,
    sql: impl SqlSafeStr,
    params: impl Params,
    limit: Limit,
    access: Access,
) -> Result<Vec<T>, DatabaseError> {
    let sql = sql.into_sql_str();
    admit(session, sql.as_str(), access)?;
    let params = params.into_params().map_err(StatementError::Parameter)?;
    let rows = seen(session, &sql, || {
        session.fetch(sql.as_str(), &params, limit)
    });
    // Before the rows reach the caller's own code, which could act on them.
    session.check_codec()?;
    Ok(rows?)
}

/// Writes the reading calls out for both kinds.
macro_rules! reading_methods {
    ($access:expr) => {
        /// Reads the first row.
        ///
        /// # Errors
        /// - [`DatabaseError::Statement`]: SQLite refused, the parameters or the row do not fit, or
        ///   there is no row.
        /// - [`DatabaseError::Transaction`]: the transaction is over, or the statement is not one
        ///   for it.
        pub fn fetch_one<T: FromRow>(
            &mut self,
            sql: impl SqlSafeStr,
            params: impl Params,
        ) -> Result<T, DatabaseError> {
            let row = self.fetch_optional(sql, params)?;
            row.ok_or_else(|| StatementError::RowNotFound.into())
        }

        /// Reads the first row, if there is one.
        ///
        /// # Errors
        /// Those of [`fetch_one`](Self::fetch_one), but for the missing row.
        pub fn fetch_optional<T: FromRow>(
            &mut self,
            sql: impl SqlSafeStr,
            params: impl Params,
        ) -> Result<Option<T>, DatabaseError> {
            Ok(fetch(self.session, sql, params, Limit::First, $access)?.pop())
        }

        /// Reads all rows.
        ///
        /// # Errors
        /// Those of [`fetch_optional`](Self::fetch_optional).
        pub fn fetch_all<T: FromRow>(
            &mut self,
            sql: impl SqlSafeStr,
            params: impl Params,
        ) -> Result<Vec<T>, DatabaseError> {
            fetch(self.session, sql, params, Limit::All, $access)
        }

        /// Reads the first column of the first row. No row counts as NULL: it is `None` to an
        /// `Option`, and an error to any other type.
        ///
        /// # Errors
        /// Those of [`fetch_one`](Self::fetch_one).
        pub fn fetch_value<T: FromValue>(
            &mut self,
            sql: impl SqlSafeStr,
            params: impl Params,
        ) -> Result<T, DatabaseError> {
            match self.fetch_optional(sql, params)? {
                Some(FirstColumn(value)) => Ok(value),
                None => T::from_value(ValueRef::Null)
                    .map_err(|_: ValueError| StatementError::RowNotFound.into()),
            }
        }
    };
}

impl ReadTransaction<'_> {
    reading_methods!(Access::Read);
}

impl WriteTransaction<'_> {
    reading_methods!(Access::Write);

    /// Runs one statement for its effect.
    ///
    /// # Errors
    /// - [`DatabaseError::Statement`]: SQLite refused, or the parameters do not fit.
    /// - [`DatabaseError::Transaction`]: the transaction is over, or the statement would end it.
    pub fn execute(
        &mut self,
        sql: impl SqlSafeStr,
        params: impl Params,
    ) -> Result<Executed, DatabaseError> {
        let sql = sql.into_sql_str();
        admit(self.session, sql.as_str(), Access::Write)?;
        let params = params.into_params().map_err(StatementError::Parameter)?;
        // Nothing is handed on here: for what goes well, the read guard before the commit is soon
        // enough.
        let executed = seen(self.session, &sql, || {
            self.session.execute(sql.as_str(), &params)
        });
        Ok(self.session.or_damage(executed)?)
    }

    /// Runs one statement once for each item of `rows`, all or nothing.
    ///
    /// # Errors
    /// Those of [`execute`](Self::execute).
    pub fn execute_many<I>(
        &mut self,
        sql: impl SqlSafeStr,
        rows: I,
    ) -> Result<Executed, DatabaseError>
    where
        I: IntoIterator<Item: Params>,
    {
        let sql = sql.into_sql_str();
        admit(self.session, sql.as_str(), Access::Write)?;
        let rows = rows.into_iter().map(Params::into_params);
        let each = || self.session.execute_each(sql.as_str(), rows);
        let done = self
            .session
            .atomically(|| observed(sql.as_str(), Pace::Unmeasured, each).0);
        done.map_err(|aborted: Aborted<StatementError>| match aborted {
            Aborted::Work(error) => error.into(),
            Aborted::Transaction(error) => error.into(),
        })
    }
}
