//! What such a verb says when it is done.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

use crate::output::escape;

/// What was done to which file.
#[derive(Serialize)]
pub(super) struct Report {
    /// `rekeyed`, `encrypted`, `decrypted`, `upgraded` or `unchanged`.
    pub(super) done: &'static str,
    pub(super) path: PathBuf,
    /// The version of SQLCipher whose format the file had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) from_version: Option<u8>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = escape(&self.path.to_string_lossy());
        match self.from_version {
            Some(version) => writeln!(f, "{} {path} (SQLCipher {version})", self.done),
            None => writeln!(f, "{} {path}", self.done),
        }
    }
}
