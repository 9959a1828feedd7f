//! A file per question: the same work for each peer, side by side.

pub(crate) mod fetch;
mod guard;
pub(crate) mod insert;
mod kind;
pub(crate) mod mixed;
mod open;
pub(crate) mod point;
mod reopen;
pub(crate) mod stream;
pub(crate) mod transaction;
mod verify;
pub(crate) mod write;

pub(crate) use kind::Kind;
