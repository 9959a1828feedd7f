//! A key in the keyring of the operating system.

use std::error::Error;
use std::fmt;

use super::{KeySource, KeySourceError};
use crate::CipherKey;

/// Gives a password of the operating system's keyring as the passphrase.
///
/// That is the Secret Service on Linux and the BSDs (GNOME Keyring, KWallet, KeePassXC), the
/// Keychain on macOS, and the Credential Manager on Windows. Entries are named by a service and a
/// user; on Linux the two are the attributes `service` and `username`, so that
/// `secret-tool store --label=app service app username db_key` makes one. The text is used as it
/// stands. Asking can open a dialogue of the desktop, and lasts until the user has answered.
///
/// Without the feature `keyring` it is an error to ask: [`KeyringError::NotBuilt`].
///
/// # Security
///
/// While the user is logged in, most keyrings open to every program of the same user. The bytes
/// that come from the keyring are wiped; what its client library and the system's bus kept of them
/// on the way is theirs (on Linux the bus carries them encrypted).
///
/// # Example
///
/// ```
/// use kstdb_cipher::{KeySource, KeyringSource};
///
/// let source = KeyringSource::new("app", "db_key");
/// assert_eq!(source.describe(), "the entry \"db_key\" of \"app\" in the keyring");
/// ```
#[derive(Clone)]
pub struct KeyringSource {
    service: String,
    user: String,
    #[cfg(feature = "keyring")]
    store: Option<std::sync::Arc<keyring_core::CredentialStore>>,
}

/// Says why the keyring gave no key. Never holds anything that was found in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyringError {
    /// The program cannot speak to keyrings.
    #[error("this program was built without the feature `keyring`")]
    NotBuilt,
    /// No keyring answers: there is no session bus, or no service on it.
    #[error("no keyring service is running")]
    NoService(#[source] Box<dyn Error + Send + Sync>),
    /// The keyring is locked, the user has declined, or the system refuses.
    #[error("the keyring is locked or refuses access")]
    NoAccess(#[source] Box<dyn Error + Send + Sync>),
    /// There is no such entry.
    #[error("there is no such entry")]
    NoEntry,
    /// Several entries have this name.
    #[error("several entries have this name")]
    Ambiguous,
    /// What is stored there is not text.
    #[error("the entry is not text")]
    NotText,
    /// The system's keyring does not take such a name.
    #[error("the name cannot be that of an entry")]
    InvalidName,
    /// The keyring failed.
    #[error("the keyring failed")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}

impl KeyringSource {
    /// Names the entry.
    pub fn new(service: impl Into<String>, user: impl Into<String>) -> Self {
        Self {
            service: service.into(),
            user: user.into(),
            #[cfg(feature = "keyring")]
            store: None,
        }
    }

    /// Takes the entry from this store of [`keyring_core`], in place of the system's.
    ///
    /// A program that has called [`keyring_core::set_default_store`] need not say it: that store
    /// comes before the system's too.
    #[cfg(feature = "keyring")]
    #[must_use]
    pub fn store(mut self, store: std::sync::Arc<keyring_core::CredentialStore>) -> Self {
        self.store = Some(store);
        self
    }

    #[cfg(not(feature = "keyring"))]
    fn fetch(&self) -> Result<secrecy::SecretString, KeyringError> {
        Err(KeyringError::NotBuilt)
    }
}

impl KeySource for KeyringSource {
    fn resolve(&self) -> Result<CipherKey, KeySourceError> {
        let text = self.fetch().map_err(|source| KeySourceError::Keyring {
            origin: self.describe(),
            source,
        })?;
        CipherKey::passphrase(text).map_err(|source| KeySourceError::Key {
            origin: self.describe(),
            source,
        })
    }

    fn describe(&self) -> String {
        let Self { service, user, .. } = self;
        format!("the entry {user:?} of {service:?} in the keyring")
    }
}

impl fmt::Debug for KeyringSource {
    // By hand: a store prints what it likes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyringSource")
            .field("service", &self.service)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "keyring")]
mod client {
    //! The way to the keyring.

    use std::sync::Arc;

    use keyring_core::CredentialStore;
    use secrecy::SecretString;
    use zeroize::Zeroizing;

    use super::{KeyringError, KeyringSource};

    impl KeyringSource {
        pub(super) fn fetch(&self) -> Result<SecretString, KeyringError> {
            // The Secret Service's client blocks on a runtime of its own, which panics on a thread
            // that drives another one.
            std::thread::scope(|scope| scope.spawn(|| self.ask()).join())
                .unwrap_or_else(|_| Err(KeyringError::Failed("its client panicked".into())))
        }

        fn ask(&self) -> Result<SecretString, KeyringError> {
            let store = match self.store.clone().or_else(keyring_core::get_default_store) {
                Some(store) => store,
                None => system_store().map_err(|error| KeyringError::NoService(error.into()))?,
            };
            let text = store
                .build(&self.service, &self.user, None)
                .and_then(|entry| entry.get_password())
                .map(Zeroizing::new)
                .map_err(why)?;
            Ok(text.as_str().into())
        }
    }

    /// Takes over what may be said: some errors carry what was found.
    fn why(error: keyring_core::Error) -> KeyringError {
        use keyring_core::Error;
        match error {
            Error::NoEntry => KeyringError::NoEntry,
            Error::NoStorageAccess(source) => KeyringError::NoAccess(source),
            Error::Ambiguous(_) => KeyringError::Ambiguous,
            Error::BadEncoding(bytes) | Error::BadDataFormat(bytes, _) => {
                drop(Zeroizing::new(bytes));
                KeyringError::NotText
            }
            Error::Invalid(..) | Error::TooLong(..) => KeyringError::InvalidName,
            Error::PlatformFailure(source) => KeyringError::Failed(source),
            other => KeyringError::Failed(other.into()),
        }
    }

    #[cfg(target_os = "macos")]
    fn system_store() -> keyring_core::Result<Arc<CredentialStore>> {
        Ok(apple_native_keyring_store::keychain::Store::new()?)
    }

    #[cfg(windows)]
    fn system_store() -> keyring_core::Result<Arc<CredentialStore>> {
        Ok(windows_native_keyring_store::Store::new()?)
    }

    #[cfg(all(unix, not(target_vendor = "apple"), not(target_os = "android")))]
    fn system_store() -> keyring_core::Result<Arc<CredentialStore>> {
        Ok(zbus_secret_service_keyring_store::Store::new()?)
    }

    #[cfg(not(any(
        target_os = "macos",
        windows,
        all(unix, not(target_vendor = "apple"), not(target_os = "android"))
    )))]
    fn system_store() -> keyring_core::Result<Arc<CredentialStore>> {
        Err(keyring_core::Error::NoDefaultStore)
    }
}
