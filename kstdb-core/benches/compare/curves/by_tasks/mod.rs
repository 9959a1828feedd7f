//! The same calls, shared among more and more tasks.

mod all;
mod along;
mod large;
mod mixed;
mod small;

pub(super) use all::measure;
