//! How the `sops` program ended.

use std::fmt;
use std::process::ExitStatus;

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
