//! A file per question: the same work for each peer, side by side.

mod fetch;
mod insert;
mod kind;
mod mixed;
mod open;
mod point;
mod stream;
mod transaction;
mod write;

pub(crate) use kind::Kind;
