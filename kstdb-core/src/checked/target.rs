//! Where a checked query can run.

use std::borrow::BorrowMut;

use crate::database::AsyncDatabase;
use crate::pool::{PooledConnection, Route};
use crate::transaction::Transaction;

/// Whatever runs a checked query: `&AsyncDatabase`, `&mut Transaction` or `&mut PooledConnection`.
///
/// It is taken by value: a transaction that is used again afterwards is passed as `&mut *tx`. The
/// trait is sealed: its method belongs to the pool.
#[expect(
    private_bounds,
    reason = "this is the seal: nobody else can name `Route`"
)]
pub trait QueryTarget: Route + Send {}

impl QueryTarget for &AsyncDatabase {}

impl QueryTarget for &mut PooledConnection {}

impl<C: BorrowMut<PooledConnection> + Send> QueryTarget for &mut Transaction<C> {}
