//! Test 3: the Nth operation on a file fails, once or for ever, for every N.

mod case;
mod plan;
mod test;
mod typed;
mod workload;

pub(crate) use test::TEST;
