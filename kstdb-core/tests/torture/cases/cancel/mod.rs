//! Test 5: every public async call is dropped after every number of polls.

mod check;
mod checked;
mod files;
mod operation;
mod test;

pub(crate) use test::TEST;
