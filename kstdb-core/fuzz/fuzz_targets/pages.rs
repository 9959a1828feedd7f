//! Databases whose pages hold any content under a valid HMAC.
#![no_main]

#[path = "../properties/pages.rs"]
mod pages;
#[path = "../properties/pages_codec.rs"]
mod pages_codec;
#[path = "../properties/pages_image.rs"]
mod pages_image;
#[path = "../properties/scratch.rs"]
mod scratch;

use libfuzzer_sys::fuzz_target;

fuzz_target!(
    init: {
        let end = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            // rusqlite's own, which kstdb catches. libFuzzer's hook ends the process there.
            if !panic.to_string().contains("UTF-8 sequence in column name") {
                end(panic);
            }
        }));
    },
    |input: &[u8]| {
        if let Err(error) = pages::check(input) {
            panic!("the machine failed: {error}");
        }
    }
);
