//! The calls that a database, a connection and a transaction have in common, written once.

use sqlx::{SqlSafeStr, SqlStr};

use crate::checked::Effect;
use crate::error::{DatabaseError, ParameterError, StatementError, ValueError};
use crate::pool::{Call, Route};
use crate::session::{
    AnyReader, AnyRows, ByType, Executed, FirstColumn, FromRow, FromValue, Limit, ParamList,
    Params, ValueRef,
};
use crate::stream::RowStream;

pub(crate) async fn execute(
    route: impl Route,
    sql: SqlStr,
    params: Result<ParamList, ParameterError>,
    effect: Option<Effect>,
) -> Result<Executed, DatabaseError> {
    let params = params?;
    let call = Call::statement(sql, move |session, sql| session.execute(sql, &params));
    route.route(call.known_to(effect).repeatable()).await
}

pub(crate) async fn execute_many<I>(
    route: impl Route,
    sql: SqlStr,
    rows: I,
) -> Result<Executed, DatabaseError>
where
    I: Iterator + Send + 'static,
    I::Item: Params,
{
    let mut rows = rows.map(Params::into_params);
    route
        .route(Call::batch(sql, move |session, sql| {
            session.execute_each(sql, rows.by_ref())
        }))
        .await
}

pub(crate) async fn execute_batch(
    route: impl Route,
    sql: SqlStr,
) -> Result<Executed, DatabaseError> {
    route
        .route(Call::script(sql, |session, sql| session.execute_batch(sql)))
        .await
}

/// A call that reads rows of whatever type.
pub(crate) fn fetching(
    sql: SqlStr,
    params: ParamList,
    limit: Limit,
    effect: Option<Effect>,
    reader: AnyReader,
) -> Call<AnyRows> {
    let call = Call::statement(sql, move |session, sql| {
        reader.read(session.rows(sql, &params)?, limit)
    });
    call.known_to(effect).repeatable()
}

pub(crate) async fn fetch<T: FromRow + Send + 'static>(
    route: impl Route,
    sql: SqlStr,
    params: Result<ParamList, ParameterError>,
    limit: Limit,
) -> Result<Vec<T>, DatabaseError> {
    let reader = AnyReader::new(ByType::<T>::new());
    let call = fetching(sql, params?, limit, None, reader);
    Ok(route.route(call).await?.into_vec())
}

pub(crate) async fn fetch_optional<T: FromRow + Send + 'static>(
    route: impl Route,
    sql: SqlStr,
    params: Result<ParamList, ParameterError>,
) -> Result<Option<T>, DatabaseError> {
    Ok(fetch(route, sql, params, Limit::First).await?.pop())
}

pub(crate) async fn fetch_one<T: FromRow + Send + 'static>(
    route: impl Route,
    sql: SqlStr,
    params: Result<ParamList, ParameterError>,
) -> Result<T, DatabaseError> {
    fetch_optional(route, sql, params)
        .await?
        .ok_or_else(|| StatementError::RowNotFound.into())
}

pub(crate) async fn fetch_value<T: FromValue + Send + 'static>(
    route: impl Route,
    sql: SqlStr,
    params: Result<ParamList, ParameterError>,
) -> Result<T, DatabaseError> {
    match fetch_optional(route, sql, params).await? {
        Some(FirstColumn(value)) => Ok(value),
        // No row is NULL to a type that can be NULL.
        None => T::from_value(ValueRef::Null)
            .map_err(|_: ValueError| StatementError::RowNotFound.into()),
    }
}

pub(crate) async fn table_exists(route: impl Route, name: String) -> Result<bool, DatabaseError> {
    const SQL: &str =
        "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?)";
    fetch_value(route, SQL.into_sql_str(), (name,).into_params()).await
}

pub(crate) fn stream<'c, T: FromRow + Send + 'static>(
    route: impl Route + Send + 'c,
    sql: SqlStr,
    params: Result<ParamList, ParameterError>,
) -> RowStream<'c, T> {
    RowStream::new(route, sql, params, None, ByType::new())
}

/// Writes the calls out for a type: `$self`, shared or `mut`, reaches a [`Route`] through `$route`.
macro_rules! query_methods {
    ($self:ident $($mutability:ident)? => $route:expr) => {
        /// Runs one statement for its effect.
        ///
        /// It is its own transaction unless one is open. The writer turn is taken if SQLite says
        /// that the statement can write.
        ///
        /// # Errors
        /// - [`DatabaseError::Statement`](crate::DatabaseError::Statement): SQLite refused, or the
        ///   parameters do not fit.
        /// - [`DatabaseError::PoolExhausted`](crate::DatabaseError::PoolExhausted): no connection,
        ///   or not the writer turn, within the acquire timeout.
        /// - [`DatabaseError::Connection`](crate::DatabaseError::Connection): closed, or it cannot
        ///   be opened.
        ///
        /// # Cancel safety
        /// Dropping the future stops the statement. It is stored whole or not at all; in an open
        /// transaction an interrupted write rolls the whole transaction back.
        pub async fn execute(
            $self: &$($mutability)? Self,
            sql: impl sqlx::SqlSafeStr,
            params: impl $crate::Params,
        ) -> Result<$crate::Executed, $crate::DatabaseError> {
            $crate::queries::execute($route, sql.into_sql_str(), params.into_params(), None).await
        }

        /// Runs one statement once for each item of `rows`, all or nothing: in one transaction, or
        /// in a savepoint of the open one. The rows are taken one by one while it runs.
        ///
        /// # Errors
        /// Those of `execute`, and
        /// [`DatabaseError::Transaction`](crate::DatabaseError::Transaction) if the commit fails.
        ///
        /// # Cancel safety
        /// Dropping the future stops it; no row is stored.
        pub async fn execute_many<I>(
            $self: &$($mutability)? Self,
            sql: impl sqlx::SqlSafeStr,
            rows: I,
        ) -> Result<$crate::Executed, $crate::DatabaseError>
        where
            I: IntoIterator<Item: $crate::Params, IntoIter: Send + 'static>,
        {
            $crate::queries::execute_many($route, sql.into_sql_str(), rows.into_iter()).await
        }

        /// Runs the statements of a text one after another, all or nothing: in one transaction, or
        /// in a savepoint of the open one. The text is a transaction already: `BEGIN`, `COMMIT`
        /// and their like are refused.
        ///
        /// # Errors
        /// Those of `execute`, and
        /// [`DatabaseError::Transaction`](crate::DatabaseError::Transaction) if the commit fails.
        ///
        /// # Cancel safety
        /// Dropping the future stops it; nothing is stored.
        pub async fn execute_batch(
            $self: &$($mutability)? Self,
            sql: impl sqlx::SqlSafeStr,
        ) -> Result<$crate::Executed, $crate::DatabaseError> {
            $crate::queries::execute_batch($route, sql.into_sql_str()).await
        }

        /// Reads the first row.
        ///
        /// # Errors
        /// Those of `execute`, and
        /// [`StatementError::RowNotFound`](crate::error::StatementError::RowNotFound) if there is
        /// none.
        ///
        /// # Cancel safety
        /// Dropping the future stops the statement.
        pub async fn fetch_one<T: $crate::FromRow + Send + 'static>(
            $self: &$($mutability)? Self,
            sql: impl sqlx::SqlSafeStr,
            params: impl $crate::Params,
        ) -> Result<T, $crate::DatabaseError> {
            $crate::queries::fetch_one($route, sql.into_sql_str(), params.into_params()).await
        }

        /// Reads the first row, if there is one.
        ///
        /// # Errors
        /// Those of `execute`, and
        /// [`StatementError::Row`](crate::error::StatementError::Row) if the row does not fit.
        ///
        /// # Cancel safety
        /// Dropping the future stops the statement.
        pub async fn fetch_optional<T: $crate::FromRow + Send + 'static>(
            $self: &$($mutability)? Self,
            sql: impl sqlx::SqlSafeStr,
            params: impl $crate::Params,
        ) -> Result<Option<T>, $crate::DatabaseError> {
            let params = params.into_params();
            $crate::queries::fetch_optional($route, sql.into_sql_str(), params).await
        }

        /// Reads all rows.
        ///
        /// # Errors
        /// Those of `fetch_optional`.
        ///
        /// # Cancel safety
        /// Dropping the future stops the statement.
        pub async fn fetch_all<T: $crate::FromRow + Send + 'static>(
            $self: &$($mutability)? Self,
            sql: impl sqlx::SqlSafeStr,
            params: impl $crate::Params,
        ) -> Result<Vec<T>, $crate::DatabaseError> {
            let all = $crate::session::Limit::All;
            let params = params.into_params();
            $crate::queries::fetch($route, sql.into_sql_str(), params, all).await
        }

        /// Reads the first column of the first row. No row counts as NULL: it is `None` to an
        /// `Option`, and an error to any other type.
        ///
        /// # Errors
        /// Those of `fetch_one`.
        ///
        /// # Cancel safety
        /// Dropping the future stops the statement.
        pub async fn fetch_value<T: $crate::FromValue + Send + 'static>(
            $self: &$($mutability)? Self,
            sql: impl sqlx::SqlSafeStr,
            params: impl $crate::Params,
        ) -> Result<T, $crate::DatabaseError> {
            $crate::queries::fetch_value($route, sql.into_sql_str(), params.into_params()).await
        }

        /// Reads all rows as a stream, in batches: the statement waits when the reader is slow, and
        /// stops when the stream is dropped. Nothing runs before the stream is polled.
        ///
        /// While it is read, a connection is in use and its snapshot keeps the WAL from being
        /// emptied.
        pub fn fetch<'stream, T: $crate::FromRow + Send + 'static>(
            $self: &'stream $($mutability)? Self,
            sql: impl sqlx::SqlSafeStr,
            params: impl $crate::Params,
        ) -> $crate::RowStream<'stream, T> {
            $crate::queries::stream($route, sql.into_sql_str(), params.into_params())
        }

        /// Tells whether there is a table of exactly this name; views and temporary tables do not
        /// count.
        ///
        /// # Errors
        /// Those of `fetch_one`.
        ///
        /// # Cancel safety
        /// Dropping the future stops the statement.
        pub async fn table_exists(
            $self: &$($mutability)? Self,
            name: &str,
        ) -> Result<bool, $crate::DatabaseError> {
            $crate::queries::table_exists($route, name.to_owned()).await
        }
    };
}
pub(crate) use query_methods;
