//! How settings behave: one module per behaviour.
//!
//! What kstlib.db got wrong here and where its absence is shown: defect 31 in `cascade`, 32 in
//! `clamps`, 33 in `bad_input` and `include`, 34 in `sops`.

mod bad_input;
mod cascade;
mod clamps;
mod error_variants;
mod fuzz_corpus;
mod include;
mod key_sources;
mod kstlib;
mod logs;
mod passphrase;
mod place;
mod random;
mod sops;
mod variables;

type TestResult = Result<(), Box<dyn std::error::Error>>;
