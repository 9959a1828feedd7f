//! Rows as a stream: read in batches on a blocking thread, as fast as the reader takes them.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use futures_core::future::BoxFuture;
use sqlx::SqlStr;
use tokio::sync::mpsc;

use crate::blocking;
use crate::checked::Effect;
use crate::error::{DatabaseError, ParameterError, StatementError};
use crate::pool::{Call, Route};
use crate::session::{ParamList, ReadRow, Session};

/// A batch is sent when it has this many rows ...
const BATCH_ROWS: usize = 256;
/// ... or this many bytes of text and blobs.
const BATCH_BYTES: usize = 256 * 1024;
/// Batches that wait for the reader.
const WAITING_BATCHES: usize = 2;

/// The rows of a query, in order.
///
/// Dropping it stops the statement and gives its connection back. The first error ends it.
#[must_use = "a stream does nothing until it is polled"]
pub struct RowStream<'c, T> {
    call: Option<BoxFuture<'c, Result<(), DatabaseError>>>,
    /// Why the call failed, until the rows before it are read.
    failed: Option<DatabaseError>,
    batches: mpsc::Receiver<Vec<T>>,
    batch: std::vec::IntoIter<T>,
}

impl<T> std::fmt::Debug for RowStream<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RowStream")
            .field("running", &self.call.is_some())
            .finish_non_exhaustive()
    }
}

// The rows are never pinned.
impl<T> Unpin for RowStream<'_, T> {}

impl<'c, T: Send + 'static> RowStream<'c, T> {
    pub(crate) fn new(
        route: impl Route + Send + 'c,
        sql: SqlStr,
        params: Result<ParamList, ParameterError>,
        effect: Option<Effect>,
        reader: impl ReadRow<Value = T>,
    ) -> Self {
        let (sender, batches) = mpsc::channel(WAITING_BATCHES);
        let call = async move {
            let params = params?;
            let call = Call::statement(sql, move |session, sql| {
                send(session, sql, &params, &reader, &sender)
            });
            route.route(call.known_to(effect).attended()).await
        };
        Self {
            call: Some(Box::pin(call)),
            failed: None,
            batches,
            batch: Vec::new().into_iter(),
        }
    }
}

/// Reads the rows and sends them, until the reader is gone.
fn send<R: ReadRow>(
    session: &Session,
    sql: &str,
    params: &ParamList,
    reader: &R,
    sender: &mpsc::Sender<Vec<R::Value>>,
) -> Result<(), StatementError> {
    let rows = session.rows(sql, params)?;
    let plan = reader.plan(rows.columns()).map_err(StatementError::Row)?;
    let mut batch = Vec::with_capacity(BATCH_ROWS);
    let mut bytes = 0;
    let done = rows.for_each(&mut |row| {
        batch.push(reader.read(row, &plan).map_err(StatementError::Row)?);
        bytes += row.bytes();
        if batch.len() < BATCH_ROWS && bytes < BATCH_BYTES {
            return Ok(true);
        }
        bytes = 0;
        // The read guard comes before the rows go out: a damaged value is never handed on.
        session.check_codec()?;
        let batch = std::mem::replace(&mut batch, Vec::with_capacity(BATCH_ROWS));
        Ok(blocking::away(|| sender.blocking_send(batch)).is_ok())
    });
    // The rows before an error are as good as any, unless it is the codec that failed.
    if !batch.is_empty() {
        session.check_codec()?;
        // Nobody reads any more: there is nobody to tell.
        drop(blocking::away(|| sender.blocking_send(batch)));
    }
    done
}

impl<T> Stream for RowStream<'_, T> {
    type Item = Result<T, DatabaseError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if let Some(row) = this.batch.next() {
                return Poll::Ready(Some(Ok(row)));
            }
            // The call is polled first: it is what fills the channel and what fails.
            if let Some(call) = &mut this.call
                && let Poll::Ready(done) = call.as_mut().poll(cx)
            {
                this.call = None;
                this.failed = done.err();
            }
            match ready!(this.batches.poll_recv(cx)) {
                Some(batch) => this.batch = batch.into_iter(),
                None if this.call.is_some() => return Poll::Pending,
                None => return Poll::Ready(this.failed.take().map(Err)),
            }
        }
    }
}
