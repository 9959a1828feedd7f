//! SOPS files that are read without the `sops` program.

mod cross_check;
mod fixtures;
mod hostile;
#[cfg(unix)]
mod program;
mod random;
mod reasons;
mod support;
mod tampered;
