//! A key that the program has already.

use std::fmt;

use secrecy::SecretString;

use super::{KeySource, KeySourceError};
use crate::CipherKey;

/// Gives a passphrase that the program got elsewhere, such as from a prompt.
///
/// Text of the form `x'<64 hex digits>'` is a raw key, as in [`CipherKey::passphrase`].
pub struct PassphraseSource {
    passphrase: SecretString,
}

impl PassphraseSource {
    /// Keeps the text until the key is asked for.
    pub fn new(passphrase: impl Into<SecretString>) -> Self {
        Self {
            passphrase: passphrase.into(),
        }
    }
}

impl KeySource for PassphraseSource {
    fn resolve(&self) -> Result<CipherKey, KeySourceError> {
        CipherKey::passphrase(self.passphrase.clone()).map_err(|source| KeySourceError::Key {
            origin: self.describe(),
            source,
        })
    }

    fn describe(&self) -> String {
        "the passphrase".to_owned()
    }
}

impl fmt::Debug for PassphraseSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PassphraseSource").finish_non_exhaustive()
    }
}
