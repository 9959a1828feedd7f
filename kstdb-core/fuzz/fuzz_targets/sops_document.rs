//! SOPS documents of every format, with an identity that opens them.
#![no_main]

#[path = "../properties/scratch.rs"]
mod scratch;
#[path = "../properties/sops_document.rs"]
mod sops_document;
#[path = "../properties/sops_sealed.rs"]
mod sops_sealed;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let Err(error) = sops_document::check(input) {
        panic!("the machine failed: {error}");
    }
});
