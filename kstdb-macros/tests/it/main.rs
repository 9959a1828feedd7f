//! The macros as Cargo and the compiler run them.

mod ui;
