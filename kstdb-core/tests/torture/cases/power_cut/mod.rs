//! Test 2: the power is cut, and any part of what was not synced is lost, torn or garbled.

mod history;
mod recovery;
mod test;

pub(crate) use test::TEST;
