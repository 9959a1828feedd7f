//! A connection that is lent to sqlx for one call.

use std::sync::Arc;

use sqlx::SqliteConnection;
use tracing::Span;

use crate::database::AsyncDatabase;
use crate::error::DatabaseError;
use crate::observe::Outline;
use crate::pool::{PoolInner, PooledConnection};
use crate::session::TextEffect;
use crate::transaction::Transaction;

/// A connection for one call of sqlx, and the call's span.
#[derive(Debug)]
pub(super) struct Lent {
    how: How,
    /// Open as long as the call runs.
    _span: Span,
}

#[derive(Debug)]
enum How {
    /// For a text that only reads.
    Reading(PooledConnection),
    /// For a text that writes, in a transaction around it: the read guard comes before the commit.
    Writing(Transaction),
    /// For a text that can begin and end transactions by itself: with the writer turn.
    Anything(PooledConnection),
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
                && let Some(turn) = lease.pool().try_turn()
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
        let how = match effect {
            TextEffect::Reads => How::Reading(connection),
            TextEffect::Writes => How::Writing(Transaction::begin_on(connection).await?),
            TextEffect::Unknown => How::Anything(connection),
        };
        Ok(Self {
            how,
            _span: tracing::debug_span!("statement", sql = %Outline(sql)),
        })
    }

    /// Finds a connection for what changes nothing.
    pub(super) async fn to_read(database: &AsyncDatabase) -> Result<Self, DatabaseError> {
        Ok(Self {
            how: How::Reading(database.connection().await?),
            _span: Span::none(),
        })
    }

    pub(super) fn only_reads(&self) -> bool {
        matches!(self.how, How::Reading(_))
    }

    fn connection(&mut self) -> &mut PooledConnection {
        match &mut self.how {
            How::Reading(connection) | How::Anything(connection) => connection,
            How::Writing(transaction) => transaction.connection(),
        }
    }

    /// sqlx's side of the connection. Dropping this value stops what sqlx runs on it.
    pub(super) async fn sqlx(&mut self) -> Result<&mut SqliteConnection, DatabaseError> {
        self.connection().lease().await?.lend_to_sqlx()
    }

    /// The call has ended: the read guard speaks, and what was written is committed.
    pub(super) async fn finish(mut self) -> Result<(), DatabaseError> {
        self.connection().lease().await?.take_from_sqlx().await?;
        match self.how {
            How::Reading(_) => Ok(()),
            How::Writing(transaction) => transaction.commit().await,
            How::Anything(mut connection) => connection.hop(|lease| lease.end_writing()).await,
        }
    }
}
