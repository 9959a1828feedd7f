//! Settings files in YAML.
#![no_main]

#[path = "../properties/config_yaml.rs"]
mod config_yaml;
#[path = "../properties/scratch.rs"]
mod scratch;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let Err(error) = config_yaml::check(input) {
        panic!("the machine failed: {error}");
    }
});
