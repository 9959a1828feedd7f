//! `sqlx::Executor`: code that is written for sqlx runs on a kstdb database unchanged.
//!
//! A call goes through the same pool and takes the same writer turn; it runs on sqlx's own worker
//! thread, row by row. The read guard comes at the end of a result, so that a stream hands rows out
//! before it has spoken.

use std::sync::Arc;

use async_stream::try_stream;
use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;
use futures_util::TryStreamExt;
use sqlx::error::BoxDynError;
use sqlx::sqlite::{
    Sqlite, SqliteArguments, SqliteQueryResult, SqliteRow, SqliteStatement, SqliteTypeInfo,
};
use sqlx::{Either, Execute, Executor, SqlStr};

use crate::database::AsyncDatabase;
use crate::error::{DatabaseConnectionError, DatabaseError, StatementError};
use crate::pool::{PoolInner, PooledConnection};

/// A query taken apart, to be handed to sqlx once there is a connection.
struct Forwarded {
    sql: SqlStr,
    arguments: Option<SqliteArguments>,
    persistent: bool,
}

impl Forwarded {
    fn take<'q>(mut query: impl Execute<'q, Sqlite>) -> Result<Self, sqlx::Error> {
        let arguments = query.take_arguments().map_err(sqlx::Error::Encode)?;
        let persistent = query.persistent();
        Ok(Self {
            arguments,
            persistent,
            sql: query.sql(),
        })
    }
}

impl Execute<'static, Sqlite> for Forwarded {
    fn sql(self) -> SqlStr {
        self.sql
    }

    fn statement(&self) -> Option<&SqliteStatement> {
        None
    }

    fn take_arguments(&mut self) -> Result<Option<SqliteArguments>, BoxDynError> {
        Ok(self.arguments.take())
    }

    fn persistent(&self) -> bool {
        self.persistent
    }
}

/// Finds a connection for a text of one or more statements, with the writer turn if one writes.
async fn connection_for(
    database: &AsyncDatabase,
    sql: &str,
) -> Result<PooledConnection, DatabaseError> {
    let pool: &Arc<PoolInner> = database.pool().await?.inner();
    if !pool.writer().is_known_write(sql) {
        let mut connection = PooledConnection::new(Arc::clone(pool), pool.acquire().await?);
        let text = sql.to_owned();
        let ready = connection.hop(move |lease| {
            if !lease.session().text_needs_turn(&text) {
                return true;
            }
            let turn = lease.pool().writer().try_turn();
            turn.map(|turn| lease.give_turn(turn)).is_some()
        });
        if ready.await? {
            return Ok(connection);
        }
        pool.writer().remember_write(sql);
    }
    PooledConnection::for_writing(pool).await
}

impl<'c> Executor<'c> for &AsyncDatabase {
    type Database = Sqlite;

    fn fetch_many<'e, 'q, E>(
        self,
        query: E,
    ) -> BoxStream<'e, Result<Either<SqliteQueryResult, SqliteRow>, sqlx::Error>>
    where
        'c: 'e,
        E: Execute<'q, Sqlite> + 'q,
        'q: 'e,
    {
        let database = self.clone();
        let query = Forwarded::take(query);
        Box::pin(try_stream! {
            let query = query?;
            let mut connection = connection_for(&database, query.sql.as_str()).await?;
            let lease = connection.lease().await?;
            {
                let mut steps = lease.lend_to_sqlx()?.fetch_many(query);
                while let Some(step) = steps.try_next().await? {
                    yield step;
                }
            }
            lease.take_from_sqlx().await?;
        })
    }

    fn fetch_optional<'e, 'q, E>(
        self,
        query: E,
    ) -> BoxFuture<'e, Result<Option<SqliteRow>, sqlx::Error>>
    where
        'c: 'e,
        E: Execute<'q, Sqlite> + 'q,
        'q: 'e,
    {
        let database = self.clone();
        let query = Forwarded::take(query);
        Box::pin(async move {
            let query = query?;
            let mut connection = connection_for(&database, query.sql.as_str()).await?;
            let lease = connection.lease().await?;
            let row = lease.lend_to_sqlx()?.fetch_optional(query).await;
            lease.take_from_sqlx().await?;
            row
        })
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [SqliteTypeInfo],
    ) -> BoxFuture<'e, Result<SqliteStatement, sqlx::Error>>
    where
        'c: 'e,
    {
        let database = self.clone();
        Box::pin(async move {
            let mut connection = database.connection().await?;
            let lease = connection.lease().await?;
            let prepared = lease.lend_to_sqlx()?.prepare_with(sql, parameters).await;
            lease.take_from_sqlx().await?;
            prepared
        })
    }

    #[doc(hidden)]
    fn describe<'e>(
        self,
        sql: SqlStr,
    ) -> BoxFuture<'e, Result<sqlx_core::describe::Describe<Sqlite>, sqlx::Error>>
    where
        'c: 'e,
    {
        let database = self.clone();
        Box::pin(async move {
            let mut connection = database.connection().await?;
            let lease = connection.lease().await?;
            let described = lease.lend_to_sqlx()?.describe(sql).await;
            lease.take_from_sqlx().await?;
            described
        })
    }
}

impl From<DatabaseError> for sqlx::Error {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::PoolExhausted(_) => Self::PoolTimedOut,
            DatabaseError::Connection(DatabaseConnectionError::Closed) => Self::PoolClosed,
            DatabaseError::Connection(DatabaseConnectionError::Worker { source }) => source,
            DatabaseError::Statement(StatementError::RowNotFound) => Self::RowNotFound,
            other => Self::Configuration(Box::new(other)),
        }
    }
}
