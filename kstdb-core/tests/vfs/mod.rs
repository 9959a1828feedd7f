//! An SQLite VFS that fails on demand, forgets what was not synced, and moves the clock.
//!
//! It lies below the cipher and above the default VFS; see `README.md` beside this file.

mod clock;
mod disk;
mod fault;
mod file;
mod names;
mod register;
mod volume;

pub(crate) use clock::Clock;
pub(crate) use disk::Image;
pub(crate) use fault::{Effect, Fault, FileKind, Op, Reach};
pub(crate) use register::register;
pub(crate) use volume::{Cut, Recorder, Volume};
