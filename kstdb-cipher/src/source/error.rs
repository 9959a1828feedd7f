//! Why a source gave no key.

use std::error::Error;

use crate::{KeyError, SopsError};

/// Says why a key source gave no key. Never contains what was found in the source.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeySourceError {
    /// No source was named.
    #[error("no key source was given: name a passphrase, an environment variable or a SOPS file")]
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
