//! Test 10: random concurrent histories, checked against a model of snapshot reads and serial writes.

mod model;
mod tasks;
mod test;

pub(crate) use test::TEST;
