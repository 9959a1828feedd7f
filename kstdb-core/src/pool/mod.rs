//! The pool: sessions over a `SqlitePool`, handed out in order and taken back only clean.

mod alone;
mod brief;
mod call;
mod closing;
mod connection;
mod group;
mod handle;
mod inner;
mod job;
mod lane;
mod lease;
mod opening;
mod options;
mod process;
mod queue;
mod records;
mod sole_writer;
mod stats;
mod upkeep;
mod wait;
mod wal;
mod writer;

pub use connection::PooledConnection;
pub use handle::ConnectionPool;
pub use options::PoolLimits;
pub use stats::PoolStats;

pub(crate) use alone::Alone;
pub(crate) use call::{Call, Route};
pub(crate) use inner::PoolInner;
pub(crate) use sole_writer::sweep_writer_lock;
