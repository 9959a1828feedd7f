//! Test 6: a thousand tasks, five connections, and one writer that never stops.

mod tasks;
mod test;

pub(crate) use test::TEST;
