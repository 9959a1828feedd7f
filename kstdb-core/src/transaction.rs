//! Transactions: a guard that rolls back when dropped, and savepoints inside it.

use std::borrow::BorrowMut;

use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use crate::error::DatabaseError;
use crate::pool::{Call, PooledConnection, Route};
use crate::queries::query_methods;

/// An open transaction, begun with `BEGIN IMMEDIATE`: it holds the writer turn, so nothing that it
/// reads changes before it commits, and it cannot fail because of another task.
///
/// Dropping it rolls back; [`commit`](Self::commit) stores it.
///
/// After an error of a statement the transaction usually goes on, as SQLite's own does. Where
/// SQLite has rolled it back (a full disk, a damaged page, an interrupted write), every further call
/// is [`TransactionError::RolledBack`](crate::error::TransactionError::RolledBack): nothing runs outside of it by accident.
///
/// One from [`AsyncDatabase::begin`](crate::AsyncDatabase::begin) owns its connection; one inside
/// another, or on a [`PooledConnection`], borrows it.
#[derive(Debug)]
#[must_use = "dropping it rolls back"]
pub struct Transaction<C: BorrowMut<PooledConnection> = PooledConnection> {
    connection: C,
    /// How many transactions and savepoints are around this one.
    depth: u32,
    open: bool,
    /// What the statements are in, for whoever looks.
    span: Span,
}

impl<C: BorrowMut<PooledConnection> + Send> Transaction<C> {
    /// Begins on a connection; takes the writer turn if the connection has not got it.
    pub(crate) async fn begin_on(mut connection: C) -> Result<Self, DatabaseError> {
        let pooled = connection.borrow_mut();
        pooled.settle().await?;
        pooled.take_turn().await?;
        let depth = pooled.depth();
        // A guard from here on: if this future is dropped in between it rolls back.
        let mut transaction = Self {
            connection,
            depth,
            open: true,
            span: tracing::debug_span!("transaction", depth, outcome = Empty),
        };
        let pooled = transaction.connection.borrow_mut();
        let begun = pooled.hop(move |lease| {
            let begun = lease.session().begin(depth);
            lease.pass_turn_on();
            begun
        });
        match begun.await? {
            Ok(()) => {
                pooled.begun(depth);
                Ok(transaction)
            }
            Err(error) => {
                // Nothing has begun, and what SQL text has begun is not this guard's.
                transaction.open = false;
                Err(error.into())
            }
        }
    }

    /// Begins a savepoint: a transaction inside this one, which can be rolled back alone.
    ///
    /// # Errors
    /// [`DatabaseError::Transaction`] when the transaction is over or SQLite refuses.
    ///
    /// # Cancel safety
    /// Dropping the future leaves no savepoint behind.
    pub async fn begin(&mut self) -> Result<Transaction<&mut PooledConnection>, DatabaseError> {
        Transaction::begin_on(self.connection.borrow_mut()).await
    }

    /// Stores the changes; a savepoint's become part of the transaction around it.
    ///
    /// # Errors
    /// - [`TransactionError::Commit`](crate::error::TransactionError::Commit): SQLite refused, for example a deferred foreign key; rolled
    ///   back.
    /// - [`TransactionError::DamagedPage`](crate::error::TransactionError::DamagedPage): a page read in it is damaged; rolled back.
    /// - [`TransactionError::RolledBack`](crate::error::TransactionError::RolledBack): an earlier error has ended it.
    ///
    /// # Cancel safety
    /// When the future is dropped the transaction is stored whole or not at all, and which of the
    /// two is not known.
    pub async fn commit(mut self) -> Result<(), DatabaseError> {
        let depth = self.depth;
        let connection = self.connection.borrow_mut();
        connection.settle().await?;
        // Until it is known to be over, dropping the guard rolls back.
        let committed = connection.hop(move |lease| {
            let committed = lease.session().commit(depth);
            lease.session().cancellation().end_call();
            lease.end_writing();
            committed
        });
        let committed = committed.instrument(self.span.clone()).await?;
        connection.ended(depth);
        self.open = false;
        self.span.record(
            "outcome",
            if committed.is_ok() {
                "committed"
            } else {
                "failed"
            },
        );
        Ok(committed?)
    }

    /// Rolls back and waits for it; dropping does the same without waiting.
    ///
    /// # Errors
    /// [`DatabaseError::Statement`] when SQLite refuses; the connection is then replaced.
    ///
    /// # Cancel safety
    /// Dropping the future still rolls back.
    pub async fn rollback(mut self) -> Result<(), DatabaseError> {
        let depth = self.depth;
        let connection = self.connection.borrow_mut();
        connection.abandon(depth);
        let rolled_back = connection.settle().await;
        self.open = false;
        self.span.record("outcome", "rolled back");
        rolled_back
    }

    /// The connection, for sqlx's side of it.
    pub(crate) fn connection(&mut self) -> &mut PooledConnection {
        self.connection.borrow_mut()
    }

    query_methods!(self mut => self);
}

impl<C: BorrowMut<PooledConnection>> Drop for Transaction<C> {
    fn drop(&mut self) {
        if self.open {
            self.span.record("outcome", "rolled back");
            let depth = self.depth;
            self.connection.borrow_mut().roll_back_unattended(depth);
        }
    }
}

impl<C: BorrowMut<PooledConnection> + Send> Route for &mut Transaction<C> {
    async fn route<T: Send + 'static>(self, call: Call<T>) -> Result<T, DatabaseError> {
        let span = self.span.clone();
        self.connection
            .borrow_mut()
            .route(call)
            .instrument(span)
            .await
    }
}
