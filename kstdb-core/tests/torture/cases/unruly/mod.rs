//! Test 8: programs that fork, exit, close in the middle, lose their runtime, or change the clock.

mod clock;
mod close;
mod exit;
mod fork;
mod runtime;
mod test;
mod work;

pub(super) use exit::exit;
pub(super) use fork::fork;
pub(crate) use test::{EXITS, TEST};
