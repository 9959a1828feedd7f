//! A connection that is lent to sqlx for one call.

use std::sync::Arc;

use sqlx::SqliteConnection;

use crate::database::AsyncDatabase;
use crate::error::DatabaseError;
use crate::pool::{PoolInner, PooledConnection};
use crate::session::TextEffect;
use crate::transaction::Transaction;

/// A connection for one call of sqlx.
#[derive(Debug)]
pub(super) enum Lent {
    /// For a text that only reads.
    ToRead(PooledConnection),
    /// For a text that writes, in a transaction around it: the read guard comes before the commit.
    ToWrite(Transaction),
    /// For a text that can begin and end transactions by itself: with the writer turn.
    ToDoAnything(PooledConnection),
}

impl Lent {
    /// Finds a connection for a text of one or more statements.
    pub(super) async fn for_text(
        database: &AsyncDatabase,
        sql: &str,
    ) -> Result<Self, DatabaseError> {
        let pool: &Arc<PoolInner> = database.pool().await?.inner();
        let mut connection = if pool.writer().is_known_write(sql) {
            PooledConnection::for_writing(pool).await?
        } else {
            PooledConnection::new(Arc::clone(pool), pool.acquire().await?)
        };
        let text = sql.to_owned();
        let asked = connection.hop(move |lease| {
            let effect = lease.session().text_effect(&text);
            if effect != TextEffect::Reads
                && !lease.has_turn()
                && let Some(turn) = lease.pool().writer().try_turn()
            {
                lease.give_turn(turn);
            }
            (effect, lease.has_turn())
        });
        let (effect, has_turn) = asked.await?;
        if effect != TextEffect::Reads && !has_turn {
            if effect == TextEffect::Writes {
                pool.writer().remember_write(sql);
            }
            // In the order gate, connection, turn.
            drop(connection);
            connection = PooledConnection::for_writing(pool).await?;
        }
        Ok(match effect {
            TextEffect::Reads => Self::ToRead(connection),
            TextEffect::Writes => Self::ToWrite(Transaction::begin_on(connection).await?),
            TextEffect::Unknown => Self::ToDoAnything(connection),
        })
    }

    /// Finds a connection for what changes nothing.
    pub(super) async fn to_read(database: &AsyncDatabase) -> Result<Self, DatabaseError> {
        Ok(Self::ToRead(database.connection().await?))
    }

    pub(super) fn only_reads(&self) -> bool {
        matches!(self, Self::ToRead(_))
    }

    fn connection(&mut self) -> &mut PooledConnection {
        match self {
            Self::ToRead(connection) | Self::ToDoAnything(connection) => connection,
            Self::ToWrite(transaction) => transaction.connection(),
        }
    }

    /// sqlx's side of the connection. Dropping this value stops what sqlx runs on it.
    pub(super) async fn sqlx(&mut self) -> Result<&mut SqliteConnection, DatabaseError> {
        self.connection().lease().await?.lend_to_sqlx()
    }

    /// The call has ended: the read guard speaks, and what was written is committed.
    pub(super) async fn finish(mut self) -> Result<(), DatabaseError> {
        self.connection().lease().await?.take_from_sqlx().await?;
        match self {
            Self::ToRead(_) => Ok(()),
            Self::ToWrite(transaction) => transaction.commit().await,
            Self::ToDoAnything(mut connection) => {
                connection.hop(|lease| lease.end_writing()).await
            }
        }
    }
}
