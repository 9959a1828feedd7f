//! Keys: text, and what stands in a key file.
#![no_main]

#[path = "../properties/key_text.rs"]
mod key_text;
#[path = "../properties/scratch.rs"]
mod scratch;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let Err(error) = key_text::check(input) {
        panic!("the machine failed: {error}");
    }
});
