//! The tests, a file for each.

mod cancel;
mod child;
mod damage;
mod history;
mod kill;
mod load;
mod nth_io;
mod poison;
mod power_cut;
mod process;
mod secrets;
mod unruly;

use crate::runner::Test;

pub(crate) use child::{Role, child};

/// Every test, in the order of its number.
pub(crate) const ALL: &[Test] = &[
    kill::TEST,
    power_cut::TEST,
    nth_io::TEST,
    damage::TEST,
    cancel::TEST,
    load::TEST,
    poison::TEST,
    unruly::TEST,
    unruly::EXITS,
    secrets::TEST,
    history::TEST,
];
