//! One binary for all integration tests: SQLCipher is linked once.

mod support;

mod environment;
mod error_variants;
mod file_states;
mod fuzz_corpus;
mod locks;
mod private_files;
mod public_types;
#[cfg(unix)]
mod sops;
#[cfg(feature = "sops")]
mod sops_native;

#[cfg(feature = "keyring")]
mod keyring;

#[cfg(feature = "sqlcipher")]
mod canary;
#[cfg(feature = "sqlcipher")]
mod compatibility;
#[cfg(feature = "sqlcipher")]
mod connection;
#[cfg(feature = "sqlcipher")]
mod creation;
#[cfg(feature = "sqlcipher")]
mod damage;
#[cfg(feature = "sqlcipher")]
mod derivations;
#[cfg(feature = "sqlcipher")]
mod false_header;
#[cfg(feature = "sqlcipher")]
mod free_pages;
#[cfg(feature = "sqlcipher")]
mod key_matrix;
#[cfg(feature = "sqlcipher")]
mod pages;
#[cfg(feature = "sqlcipher")]
mod rekey;

#[cfg(not(feature = "sqlcipher"))]
mod plain_sqlite;
