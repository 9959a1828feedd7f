//! The same work on a table that has more and more rows.

mod all;
mod one_task;
mod peers;
mod sixteen_tasks;
mod whole;

pub(super) use all::measure;
use peers::Peers;
