//! Why a SOPS file gave no key.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use super::{JsonKind, KeyPathProblem};

/// Says why a SOPS file gave no key. Never contains what `sops` printed.
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

    /// The program printed more than it may; it was stopped.
    #[error("{}: sops printed more than {limit_bytes} bytes", path.display())]
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

    /// The output of the program is not a JSON object in UTF-8.
    #[error("{}: the output of sops is not a JSON object", path.display())]
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
}

/// Says how the `sops` program ended when it failed.
///
/// The numbers are those of
/// [its exit codes](https://github.com/getsops/sops/blob/main/cmd/sops/codes/codes.go).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SopsExit {
    /// 1: the file is not a SOPS file, or something else that has no number of its own.
    General,
    /// 2: it crashed, or could not read the file.
    Crashed,
    /// 25: a value could not be decrypted.
    DecryptionFailed,
    /// 51: the file was changed after it was encrypted.
    MacMismatch,
    /// 100: it found no file.
    FileNotFound,
    /// 128: none of the identities opens the data key.
    NoDataKey,
    /// Another exit code.
    Other(i32),
    /// It was stopped by a signal.
    Signal(Option<i32>),
}

impl SopsExit {
    /// Reads an exit status; `None` if it is success.
    pub(super) fn from_status(status: ExitStatus) -> Option<Self> {
        Some(match status.code() {
            Some(0) => return None,
            Some(1) => Self::General,
            Some(2) => Self::Crashed,
            Some(25) => Self::DecryptionFailed,
            Some(51) => Self::MacMismatch,
            Some(100) => Self::FileNotFound,
            Some(128) => Self::NoDataKey,
            Some(code) => Self::Other(code),
            None => Self::Signal(signal(status)),
        })
    }
}

impl fmt::Display for SopsExit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::General => f.write_str("not a SOPS file, or another problem (exit code 1)"),
            Self::Crashed => f.write_str("it crashed or could not read the file (exit code 2)"),
            Self::DecryptionFailed => f.write_str("a value does not decrypt (exit code 25)"),
            Self::MacMismatch => f.write_str("the file was tampered with (exit code 51)"),
            Self::FileNotFound => f.write_str("it found no file (exit code 100)"),
            Self::NoDataKey => f.write_str("no identity opens the file (exit code 128)"),
            Self::Other(code) => write!(f, "exit code {code}"),
            Self::Signal(Some(number)) => write!(f, "stopped by signal {number}"),
            Self::Signal(None) => f.write_str("stopped by a signal"),
        }
    }
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<i32> {
    use std::os::unix::process::ExitStatusExt;
    status.signal()
}

#[cfg(not(unix))]
fn signal(_: ExitStatus) -> Option<i32> {
    None
}
