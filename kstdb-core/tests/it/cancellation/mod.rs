//! A dropped future loses nothing: no slot, no turn, no half commit.

mod calls;
mod check;
mod opening;
mod statements;
