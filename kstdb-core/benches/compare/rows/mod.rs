//! A file per question: the same work for each peer, side by side.

mod fetch;
mod guard;
mod insert;
mod kind;
mod mixed;
mod open;
pub(crate) mod point;
mod reopen;
mod stream;
pub(crate) mod transaction;
mod verify;
pub(crate) mod write;

pub(crate) use kind::Kind;
