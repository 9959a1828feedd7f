//! A new connection, opened by sqlx, keyed, and made a session.

use std::sync::atomic::Ordering;

use tracing::Instrument as _;

use super::inner::PoolInner;
use crate::error::{DatabaseConnectionError, DatabaseError, SqliteError, StatementError};
use crate::observe;
use crate::session::Session;

impl PoolInner {
    /// Opens a session; what can pass is tried again.
    pub(super) async fn open_session(&self) -> Result<Session, DatabaseError> {
        let open = self.limits.retry(|| self.try_open_session());
        let opened = open.instrument(tracing::debug_span!("connect")).await;
        opened.map_err(|error| {
            self.counters.errors.add_one();
            match error {
                DatabaseError::Statement(StatementError::Sqlite(source)) => {
                    let (path, attempts) = (self.path.clone(), self.limits.max_attempts);
                    DatabaseConnectionError::Open {
                        path,
                        attempts,
                        source,
                    }
                    .into()
                }
                other => other,
            }
        })
    }

    async fn try_open_session(&self) -> Result<Session, DatabaseError> {
        let connection = tokio::select! {
            connection = self.sqlx.acquire() => connection.map_err(|error| self.not_opened(error))?,
            error = self.key.failure() => return Err(error),
        };
        let session = Session::open(connection, &self.settings).await?;
        self.counters.connections.add_one();
        observe::connection_opened();
        self.open.fetch_add(1, Ordering::AcqRel);
        Ok(session)
    }

    fn not_opened(&self, error: sqlx::Error) -> DatabaseError {
        match (SqliteError::from_sqlx(&error), error) {
            (Some(error), _) => error.into(),
            (None, sqlx::Error::PoolClosed) => DatabaseConnectionError::Closed.into(),
            (None, source) => DatabaseConnectionError::Worker { source }.into(),
        }
    }
}
