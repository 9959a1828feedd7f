//! A key in a file that [SOPS](https://getsops.io) encrypted.
//!
//! With the feature `sops` the file is read here (`native`), and the `sops` program is asked for
//! what only it can do; without it, the program does everything.

mod attempt;
mod child;
mod error;
mod exit;
mod file;
mod json;
mod key_path;
#[cfg(feature = "sops")]
mod native;
mod program;
mod read;
mod refusal;
mod settings;

pub use attempt::{IdentityAttempt, IdentityOutcome};
pub use error::SopsError;
pub use exit::SopsExit;
pub use json::JsonKind;
pub use key_path::KeyPathProblem;
pub use refusal::{Malformed, ProgramReason, RecipientKind, Refusal};
pub use settings::{IdentityCommands, SopsReader, SopsSource, decrypt_document};
