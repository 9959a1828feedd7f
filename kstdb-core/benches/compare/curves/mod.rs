//! How cost grows: with tasks, with rows, with the size of a value.

mod all;
mod by_cache;
mod by_page;
mod by_rows;
mod by_tasks;
mod by_values;
mod curve;
mod page;

pub(crate) use all::measure;
pub(crate) use curve::Curve;
