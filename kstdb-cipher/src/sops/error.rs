//! Why a SOPS file gave no key.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::{JsonKind, KeyPathProblem, ProgramReason, Refusal, SopsExit};

/// Says why a SOPS file gave no key. Never contains a value of the file, or what `sops` printed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SopsError {
    /// There is no such file.
    #[error("{}: no such SOPS file", path.display())]
    FileNotFound {
        /// The file.
        path: PathBuf,
    },

    /// The path leads to a directory or a device.
    #[error("{}: the SOPS file is not a regular file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },

    /// The file cannot be looked at.
    #[error("{}: the SOPS file cannot be looked at", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// The file was refused; that is final, and the program is not asked.
    #[error("{}: the SOPS file is refused", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        refusal: Refusal,
    },

    /// Only the program can read the file, and it is not there.
    #[error("{}: only the sops program can read this file: {reason}", path.display())]
    ProgramNeeded {
        /// The file.
        path: PathBuf,
        /// Why it takes the program.
        reason: ProgramReason,
        /// What is wrong with the program.
        source: Box<Self>,
    },

    /// Only the program can read the file, and the settings do not allow to run it.
    #[error("{}: only the sops program can read this file: {reason}; it is not to be run", path.display())]
    ProgramNotAllowed {
        /// The file.
        path: PathBuf,
        /// Why it takes the program.
        reason: ProgramReason,
    },

    /// The program is not in any directory of `PATH`.
    #[error("the program {program:?} was not found: install sops or configure its absolute path")]
    ProgramNotFound {
        /// The name that was looked for.
        program: PathBuf,
    },

    /// The program was configured with a relative path, which would depend on the working
    /// directory.
    #[error("the program {program:?} must be a name or an absolute path")]
    ProgramPathRelative {
        /// The path that was configured.
        program: PathBuf,
    },

    /// The program was found, but could not be run.
    #[error("the program {program:?} could not be run")]
    ProgramNotRun {
        /// The program.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// The program was still running when its time was up; it was stopped.
    #[error("{}: sops did not finish within {limit:?}", path.display())]
    Timeout {
        /// The file.
        path: PathBuf,
        /// The time it had.
        limit: Duration,
    },

    /// The decrypted document is larger than it may be; if the program printed it, it was stopped.
    #[error("{}: the decrypted document has more than {limit_bytes} bytes", path.display())]
    OutputTooLarge {
        /// The file.
        path: PathBuf,
        /// The limit, in bytes.
        limit_bytes: usize,
    },

    /// The program failed.
    #[error("{}: sops failed: {exit}", path.display())]
    Failed {
        /// The file.
        path: PathBuf,
        /// How it ended.
        exit: SopsExit,
    },

    /// The output of the program is not a JSON object in UTF-8, or the document has a value for
    /// which JSON has no word.
    #[error("{}: the decrypted document is not a JSON object", path.display())]
    NotJson {
        /// The file.
        path: PathBuf,
    },

    /// The name of the value cannot be understood.
    #[error("the key name {key:?} {problem}")]
    KeyPath {
        /// The name.
        key: String,
        /// What is wrong with it.
        problem: KeyPathProblem,
    },

    /// The file has no value of that name.
    #[error("{}: no value is named {key:?}", path.display())]
    KeyNotFound {
        /// The file.
        path: PathBuf,
        /// The name.
        key: String,
    },

    /// The name fits two values.
    #[error("{}: two values are named {key:?}", path.display())]
    AmbiguousKey {
        /// The file.
        path: PathBuf,
        /// The name.
        key: String,
    },

    /// The value is not text; a number or a list must not become a key by accident.
    #[error("{}: the value named {key:?} is {found}, not a string", path.display())]
    NotAString {
        /// The file.
        path: PathBuf,
        /// The name.
        key: String,
        /// What it is.
        found: JsonKind,
    },

    /// The value is text without characters.
    #[error("{}: the value named {key:?} is empty", path.display())]
    EmptyValue {
        /// The file.
        path: PathBuf,
        /// The name.
        key: String,
    },

    /// The value is bytes that are not text.
    #[error("{}: the value named {key:?} is not UTF-8", path.display())]
    ValueNotUtf8 {
        /// The file.
        path: PathBuf,
        /// The name.
        key: String,
    },

    /// The value is not encrypted in the file; whoever can read the file knows it.
    #[error("{}: the value named {key:?} is not encrypted", path.display())]
    ValueNotEncrypted {
        /// The file.
        path: PathBuf,
        /// The name.
        key: String,
    },
}

impl SopsError {
    /// Says whether somebody changed the file after it was encrypted.
    #[must_use]
    pub fn is_tampered(&self) -> bool {
        match self {
            Self::Refused { refusal, .. } => refusal.is_tampered(),
            Self::Failed { exit, .. } => *exit == SopsExit::MacMismatch,
            _ => false,
        }
    }
}
