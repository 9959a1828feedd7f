//! The defects of `kstlib.db` by number: each test shows kstdb without one.

#[cfg(unix)]
mod config;
mod pool;
#[cfg(feature = "sqlcipher")]
mod secrecy;
mod transactions;
