//! The formats of settings files.
//!
//! All four readers give the `config` crate's [`Value`]s. Only the TOML reader is `config`'s own:
//! its JSON and INI readers let the last of two equal keys win, and its YAML reader expands
//! aliases without bound, recurses as deep as the file does, and fails on a NaN in any section.

mod fault;
mod file_format;
mod ini;
mod json;
mod toml;
mod yaml;

pub(crate) use fault::{Fault, printable_key};
pub(crate) use file_format::FileFormat;

use fault::MAX_DEPTH;
