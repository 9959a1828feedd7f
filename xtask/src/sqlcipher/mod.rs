//! SQLCipher 4.20, built from the crate `sqlcipher-src` for libsqlite3-sys to link.
//!
//! libsqlite3-sys 0.37 bundles SQLCipher 4.10 on SQLite 3.50.4, in which a checkpoint beside a
//! commit can corrupt a WAL database; 4.20 has the fix. With `LIBSQLITE3_SYS_USE_PKG_CONFIG` it
//! links a library from outside even with `bundled-sqlcipher` on, and keeps its own bindings.
//!
//! A build lives in `<target>/sqlcipher/<provider>/<version>-<fingerprint>/` and never changes: the
//! fingerprint covers everything that went into it. So whoever links it notices a new one by its
//! path (cargo does not look into a foreign library), and nobody sees half of one.
//!
//! Made for Linux and macOS.

mod compile;
mod library;
mod openssl;
mod provider;
mod recipe;
mod variables;
mod verb;

pub(crate) use library::Library;
pub(crate) use provider::Provider;
pub(crate) use variables::{Format, Variables};
