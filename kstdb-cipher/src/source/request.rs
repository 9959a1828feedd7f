//! The choice between key sources: passphrase, then environment, then SOPS.

use std::fmt;

use secrecy::SecretString;

use super::{EnvSource, KeySourceError, PassphraseSource};
use crate::{CipherKey, SopsSource};

/// Gives the key of a database when it is asked for.
///
/// Implement it for a key store of your own.
///
/// # Example
///
/// ```
/// use kstdb_cipher::{CipherKey, KeySource, KeySourceError};
///
/// #[derive(Debug)]
/// struct Keyring;
///
/// impl KeySource for Keyring {
///     fn resolve(&self) -> Result<CipherKey, KeySourceError> {
///         Err(KeySourceError::custom(self.describe(), "the keyring is locked"))
///     }
///
///     fn describe(&self) -> String {
///         "the keyring".to_owned()
///     }
/// }
///
/// assert!(Keyring.resolve().is_err());
/// ```
pub trait KeySource: Send + Sync + fmt::Debug {
    /// Fetches the key. This may block, for the time that a program or a server needs: call it on
    /// a blocking thread.
    ///
    /// # Errors
    ///
    /// A source that has nothing to give is an error; so is an empty key. There is never "no key".
    ///
    /// # Security
    ///
    /// Neither the error nor a log may contain what was found.
    fn resolve(&self) -> Result<CipherKey, KeySourceError>;

    /// Says where the key comes from, for messages and logs; never the key.
    fn describe(&self) -> String;
}

/// Names the sources that [`resolve_cipher_key`] may use.
#[derive(Default)]
#[non_exhaustive]
#[must_use = "a request does nothing until it is resolved"]
pub struct KeyRequest {
    /// A passphrase, which comes before everything else. Default: none.
    pub passphrase: Option<SecretString>,
    /// The name of an environment variable, which comes before SOPS. Default: none.
    pub env_var: Option<String>,
    /// A SOPS file. Default: none.
    pub sops: Option<SopsSource>,
}

impl KeyRequest {
    /// Names no source yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Names a passphrase, which comes before everything else.
    pub fn passphrase(mut self, passphrase: impl Into<SecretString>) -> Self {
        self.passphrase = Some(passphrase.into());
        self
    }

    /// Names an environment variable, which comes before SOPS.
    pub fn env_var(mut self, variable: impl Into<String>) -> Self {
        self.env_var = Some(variable.into());
        self
    }

    /// Names a SOPS file.
    pub fn sops(mut self, source: SopsSource) -> Self {
        self.sops = Some(source);
        self
    }
}

impl fmt::Debug for KeyRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRequest")
            .field("passphrase", &self.passphrase.as_ref().map(|_| ".."))
            .field("env_var", &self.env_var)
            .field("sops", &self.sops)
            .finish()
    }
}

/// Fetches the key from the first source that was named: passphrase, environment, SOPS.
///
/// A source that was named and yields nothing is an error; the next one is not tried, and there is
/// no fall-back to an unencrypted database. This blocks while `sops` runs.
///
/// # Errors
///
/// - [`KeySourceError::NoSource`]: no source was named
/// - [`KeySourceError::Key`]: what was found cannot be a key; it is empty, for example
/// - [`KeySourceError::VariableNotSet`], [`VariableNotUnicode`](KeySourceError::VariableNotUnicode)
/// - [`KeySourceError::Sops`]: the SOPS file gave no key
///
/// # Example
///
/// ```
/// use kstdb_cipher::{KeyRequest, KeySourceError, resolve_cipher_key};
///
/// resolve_cipher_key(&KeyRequest::new().passphrase("sesame").env_var("NOT_SET"))?;
/// assert!(resolve_cipher_key(&KeyRequest::new().env_var("NOT_SET")).is_err());
/// # Ok::<(), KeySourceError>(())
/// ```
pub fn resolve_cipher_key(request: &KeyRequest) -> Result<CipherKey, KeySourceError> {
    if let Some(passphrase) = &request.passphrase {
        return resolve(&PassphraseSource::new(passphrase.clone()));
    }
    if let Some(variable) = &request.env_var {
        return resolve(&EnvSource::new(variable.as_str()));
    }
    match &request.sops {
        Some(source) => resolve(source),
        None => Err(KeySourceError::NoSource),
    }
}

fn resolve(source: &dyn KeySource) -> Result<CipherKey, KeySourceError> {
    let key = source.resolve()?;
    tracing::debug!(source = source.describe(), kind = ?key.kind(), "key resolved");
    Ok(key)
}
