//! The macros as Cargo and the compiler run them.

mod nested_cargo;
mod rebuild;
mod ui;
mod workspace;
