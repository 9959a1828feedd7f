//! `cargo xtask tidy`: the house rules that no other tool checks.

mod check;
mod files;
mod layout;
mod manifest;
mod rust;
