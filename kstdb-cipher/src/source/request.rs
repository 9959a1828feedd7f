//! The choice between key sources: passphrase, environment, SOPS, key file, credential, keyring.

use std::fmt;

use secrecy::SecretString;

use super::{
    CredentialSource, EnvSource, KeyFileSource, KeySourceError, KeyringSource, PassphraseSource,
};
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
/// struct Vault;
///
/// impl KeySource for Vault {
///     fn resolve(&self) -> Result<CipherKey, KeySourceError> {
///         Err(KeySourceError::custom(self.describe(), "the vault is sealed"))
///     }
///
///     fn describe(&self) -> String {
///         "the vault".to_owned()
///     }
/// }
///
/// assert!(Vault.resolve().is_err());
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
///
/// The fields are in the order in which they count: of several that are named, the first is asked.
#[derive(Default)]
#[non_exhaustive]
#[must_use = "a request does nothing until it is resolved"]
pub struct KeyRequest {
    /// A passphrase, which comes before everything else. Default: none.
    pub passphrase: Option<SecretString>,
    /// The name of an environment variable, which comes before SOPS. Default: none.
    pub env_var: Option<String>,
    /// A SOPS file, which comes before the rest. Default: none.
    pub sops: Option<SopsSource>,
    /// A key file. Default: none.
    pub key_file: Option<KeyFileSource>,
    /// A credential of the service manager. Default: none.
    pub credential: Option<CredentialSource>,
    /// An entry of the operating system's keyring. Default: none.
    pub keyring: Option<KeyringSource>,
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

    /// Names a SOPS file, which comes before a key file.
    pub fn sops(mut self, source: SopsSource) -> Self {
        self.sops = Some(source);
        self
    }

    /// Names a key file, which comes before a credential.
    pub fn key_file(mut self, source: KeyFileSource) -> Self {
        self.key_file = Some(source);
        self
    }

    /// Names a credential of the service manager, which comes before the keyring.
    pub fn credential(mut self, source: CredentialSource) -> Self {
        self.credential = Some(source);
        self
    }

    /// Names an entry of the operating system's keyring.
    pub fn keyring(mut self, source: KeyringSource) -> Self {
        self.keyring = Some(source);
        self
    }

    /// Says whether any source is named.
    #[must_use]
    pub fn names_a_source(&self) -> bool {
        let Self {
            passphrase,
            env_var,
            sops,
            key_file,
            credential,
            keyring,
        } = self;
        passphrase.is_some()
            || env_var.is_some()
            || sops.is_some()
            || key_file.is_some()
            || credential.is_some()
            || keyring.is_some()
    }
}

impl fmt::Debug for KeyRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRequest")
            .field("passphrase", &self.passphrase.as_ref().map(|_| ".."))
            .field("env_var", &self.env_var)
            .field("sops", &self.sops)
            .field("key_file", &self.key_file)
            .field("credential", &self.credential)
            .field("keyring", &self.keyring)
            .finish()
    }
}

/// Fetches the key from the first source that was named: passphrase, environment, SOPS, key file,
/// credential, keyring.
///
/// A source that was named and yields nothing is an error; the next one is not tried, and there is
/// no fall-back to an unencrypted database. This blocks while `sops` or a keyring is asked.
///
/// # Errors
///
/// - [`KeySourceError::NoSource`]: no source was named
/// - [`KeySourceError::Key`]: what was found cannot be a key; it is empty, for example
/// - [`KeySourceError::VariableNotSet`], [`VariableNotUnicode`](KeySourceError::VariableNotUnicode)
/// - [`KeySourceError::Sops`]: the SOPS file gave no key
/// - [`KeySourceError::File`]: the key file or the credential cannot be read, or is not private
/// - [`KeySourceError::CredentialName`], [`NoCredentials`](KeySourceError::NoCredentials)
/// - [`KeySourceError::Keyring`]: the keyring gave no key
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
    let KeyRequest {
        passphrase,
        env_var,
        sops,
        key_file,
        credential,
        keyring,
    } = request;
    if let Some(passphrase) = passphrase {
        return resolve(&PassphraseSource::new(passphrase.clone()));
    }
    if let Some(variable) = env_var {
        return resolve(&EnvSource::new(variable.as_str()));
    }
    let rest: [Option<&dyn KeySource>; 4] = [
        sops.as_ref().map(|source| source as _),
        key_file.as_ref().map(|source| source as _),
        credential.as_ref().map(|source| source as _),
        keyring.as_ref().map(|source| source as _),
    ];
    match rest.into_iter().flatten().next() {
        Some(source) => resolve(source),
        None => Err(KeySourceError::NoSource),
    }
}

fn resolve(source: &dyn KeySource) -> Result<CipherKey, KeySourceError> {
    let key = source.resolve()?;
    tracing::debug!(source = source.describe(), kind = ?key.kind(), "key resolved");
    Ok(key)
}
