//! `sqlx::Executor`: code that is written for sqlx runs on a kstdb database unchanged.
//!
//! A call goes through the same pool and takes the same writer turn; it runs on sqlx's own worker
//! thread, row by row. The read guard comes at the end of a result, so that a stream hands rows out
//! before it has spoken; what is written is committed after it.

mod error;
mod executor;
mod lent;
