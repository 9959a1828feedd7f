//! Test 1: the process is killed, anywhere, and no commit that it acknowledged is lost.

mod migrator;
mod test;
mod writer;

pub(super) use migrator::migrator;
pub(crate) use test::TEST;
pub(super) use writer::writer;
