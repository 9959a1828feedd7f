//! The macros as Cargo and the compiler run them.

mod rebuild;
mod ui;
mod workspace;
