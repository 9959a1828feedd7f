//! Reads SOPS files without the `sops` program, as strictly as it does.

mod age_file;
mod data_key;
mod dotenv;
mod envelope;
mod flatten;
mod go_regex;
mod identity;
mod ini;
mod json;
mod map_builder;
mod metadata;
mod open;
mod pick;
mod rule;
mod scalar;
mod shamir;
mod time;
mod to_json;
mod tree;
mod version;
mod walk;
mod yaml;

#[cfg(test)]
mod tests;

pub(super) use open::{ReadError, SopsFile, Stop, Wanted};
