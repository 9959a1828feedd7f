//! What this machine has for building SQLCipher, and what to do about what it lacks.

mod probe;
mod verdict;

pub(crate) use probe::Machine;
#[cfg(test)]
pub(crate) use probe::OpenSsl;
