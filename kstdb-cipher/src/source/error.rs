//! Why a source gave no key.

use std::error::Error;

use super::{KeyFileError, KeyringError};
use crate::{KeyError, SopsError};

/// Says why a key source gave no key. Never contains what was found in the source.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeySourceError {
    /// No source was named.
    #[error(
        "no key source was given: name a passphrase, an environment variable, a SOPS file, a key \
         file, a credential or an entry of the keyring"
    )]
    NoSource,

    /// The environment variable does not exist.
    #[error("the environment variable {variable:?} is not set")]
    VariableNotSet {
        /// Its name.
        variable: String,
    },

    /// The environment variable is not valid Unicode.
    #[error("the environment variable {variable:?} is not valid Unicode")]
    VariableNotUnicode {
        /// Its name.
        variable: String,
    },

    /// What was found cannot be a key: it is empty, for example.
    #[error("{origin} cannot be used")]
    Key {
        /// Where it was found.
        origin: String,
        /// Why it cannot be a key.
        source: KeyError,
    },

    /// The SOPS file gave no key.
    #[error("the SOPS file gave no key")]
    Sops(#[from] SopsError),

    /// The key file or the credential gave no key.
    #[error("{origin} gave no key")]
    File {
        /// Which file.
        origin: String,
        /// Why it gave none.
        source: KeyFileError,
    },

    /// The name of a credential is empty, or more than the name of a file.
    #[error("{name:?} is not the name of a credential")]
    CredentialName {
        /// The name.
        name: String,
    },

    /// No service manager has passed credentials: `$CREDENTIALS_DIRECTORY` is not an absolute path.
    #[error("there is no credential {name:?}: $CREDENTIALS_DIRECTORY is not set to a directory")]
    NoCredentials {
        /// The name of the credential.
        name: String,
    },

    /// The keyring gave no key.
    #[error("{origin} gave no key")]
    Keyring {
        /// Which entry.
        origin: String,
        /// Why it gave none.
        source: KeyringError,
    },

    /// A source of the user's own failed.
    #[error("{origin} gave no key")]
    Custom {
        /// Where the key was looked for.
        origin: String,
        /// Why there is none. Its text must not contain the secret.
        source: Box<dyn Error + Send + Sync>,
    },
}

impl KeySourceError {
    /// Makes an error for an own [`KeySource`](crate::KeySource).
    ///
    /// # Security
    ///
    /// `source` is printed and logged: its text must not contain the secret.
    pub fn custom(
        origin: impl Into<String>,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self::Custom {
            origin: origin.into(),
            source: source.into(),
        }
    }
}
