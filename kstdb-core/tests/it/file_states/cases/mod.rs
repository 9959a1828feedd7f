//! The cases: what there is, how it is opened, and which error that is.

mod case;
mod contents;
mod keys;
mod names;
mod rights;

pub(super) use case::Case;
pub(super) use contents::CONTENTS;
pub(super) use keys::KEYS;
pub(super) use names::NAMES;
pub(super) use rights::{RIGHTS, locked};
