//! A key in a file that [SOPS](https://getsops.io) encrypted, read with the `sops` program.

mod error;
mod json;
mod key_path;
mod program;
mod settings;

pub use error::{SopsError, SopsExit};
pub use json::JsonKind;
pub use key_path::KeyPathProblem;
pub use settings::{SopsSource, decrypt_document};
