//! Test 9: no secret in what is logged, told or printed, in the environment, the command line, the
//! memory or the core file of a program, whatever fails below it.

mod child;
#[path = "../../../it/key_memory/needles.rs"]
#[expect(
    dead_code,
    reason = "here the search is in another process than the key"
)]
mod needles;
mod places;
mod program;
mod programme;
mod search;
mod shown;
mod stages;
mod test;

pub(super) use child::child;
pub(crate) use test::TEST;
