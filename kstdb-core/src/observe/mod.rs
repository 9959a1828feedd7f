//! What a program can see of its database from outside: spans, warnings and metrics.
//!
//! No value of a statement is in any of them: see [`Outline`].

mod metric;
mod outline;
mod statement;

pub(crate) use metric::{
    acquired, connection_opened, connection_replaced, guard_hit, statement_ran, timed_out,
    wal_size, writer_turn_taken,
};
pub(crate) use outline::Outline;
pub(crate) use statement::{Pace, observed};
