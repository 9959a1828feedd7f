//! A key in an environment variable.

use std::ffi::OsString;

use secrecy::SecretString;
use zeroize::Zeroizing;

use super::{KeySource, KeySourceError};
use crate::CipherKey;

/// Gives the value of an environment variable as the passphrase.
///
/// The value is used byte for byte: white space at its ends is part of the key, and the end of a
/// line, which is nearly always a mistake, is warned about. Text of the form `x'<64 hex digits>'`
/// is a raw key, as in [`CipherKey::passphrase`].
///
/// # Security
///
/// The variable stays in the environment of the process, where its children and, on most systems,
/// other programs of the same user can read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvSource {
    variable: String,
}

impl EnvSource {
    /// Names the variable, such as `KSTLIB_DB_KEY`.
    pub fn new(variable: impl Into<String>) -> Self {
        Self {
            variable: variable.into(),
        }
    }
}

impl KeySource for EnvSource {
    fn resolve(&self) -> Result<CipherKey, KeySourceError> {
        #[expect(clippy::disallowed_methods, reason = "this is the environment source")]
        let value = std::env::var_os(&self.variable);
        let variable = || self.variable.clone();
        let value = value.ok_or_else(|| KeySourceError::VariableNotSet {
            variable: variable(),
        })?;
        let value = into_secret(value).ok_or_else(|| KeySourceError::VariableNotUnicode {
            variable: variable(),
        })?;
        if ends_with_line_break(&value) {
            tracing::warn!(
                variable = self.variable,
                "the key in the environment ends in a line break, which is part of the key"
            );
        }
        CipherKey::passphrase(value).map_err(|source| KeySourceError::Key {
            origin: self.describe(),
            source,
        })
    }

    fn describe(&self) -> String {
        format!("the environment variable {:?}", self.variable)
    }
}

/// Takes the value over, or wipes it if it is not Unicode.
fn into_secret(value: OsString) -> Option<SecretString> {
    match value.into_string() {
        Ok(value) => Some(SecretString::from(value)),
        Err(value) => {
            drop(Zeroizing::new(value.into_encoded_bytes()));
            None
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "only the last character is looked at"
)]
fn ends_with_line_break(value: &SecretString) -> bool {
    use secrecy::ExposeSecret;
    value.expose_secret().ends_with(['\n', '\r'])
}
