//! `sqlx::Executor` for a database.

use async_stream::try_stream;
use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;
use futures_util::TryStreamExt;
use sqlx::error::BoxDynError;
use sqlx::sqlite::{
    Sqlite, SqliteArguments, SqliteQueryResult, SqliteRow, SqliteStatement, SqliteTypeInfo,
};
use sqlx::{Either, Execute, Executor, SqlStr};

use super::lent::Lent;
use crate::database::AsyncDatabase;
use crate::error::{DatabaseError, StatementError};

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
        let sql = query.sql();
        without_nul(sql.as_str())?;
        Ok(Self {
            arguments,
            persistent,
            sql,
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

/// SQLite reads a text up to a NUL byte, and sqlx asks it for the rest of the text for ever.
fn without_nul(sql: &str) -> Result<(), DatabaseError> {
    match sql.contains('\0') {
        true => Err(StatementError::NulByte.into()),
        false => Ok(()),
    }
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
            let mut lent = Lent::for_text(&database, query.sql.as_str()).await?;
            {
                let mut steps = lent.sqlx().await?.fetch_many(query);
                while let Some(step) = steps.try_next().await? {
                    yield step;
                }
            }
            lent.finish().await?;
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
            let mut lent = Lent::for_text(&database, query.sql.as_str()).await?;
            let mut found = None;
            let only_reads = lent.only_reads();
            {
                let mut rows = lent.sqlx().await?.fetch(query);
                // One that writes runs to its end: what it checks there is not told otherwise.
                while let Some(row) = rows.try_next().await? {
                    found.get_or_insert(row);
                    if only_reads {
                        break;
                    }
                }
            }
            lent.finish().await?;
            Ok(found)
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
            without_nul(sql.as_str())?;
            let mut lent = Lent::to_read(&database).await?;
            let prepared = lent.sqlx().await?.prepare_with(sql, parameters).await?;
            lent.finish().await?;
            Ok(prepared)
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
            without_nul(sql.as_str())?;
            let mut lent = Lent::to_read(&database).await?;
            let described = lent.sqlx().await?.describe(sql).await?;
            lent.finish().await?;
            Ok(described)
        })
    }
}
