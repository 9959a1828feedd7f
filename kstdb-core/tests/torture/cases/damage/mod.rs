//! Test 4: every part of a file is damaged, and no wrong row ever comes out.

mod database;
mod plan;
mod test;
mod verified;
mod wal;

pub(crate) use test::TEST;
