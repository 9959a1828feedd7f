//! Which key a verb uses: the one that an option names, else the one that the settings name.

use kstdb_core::cipher::{CredentialSource, EnvSource, KeyFileSource, KeySource, KeyringSource};
use kstdb_core::{
    CipherKey, DbConfig, KeyRequest, configured_key, resolve_cipher_key, sops_source,
};

use crate::error::CliError;
use crate::flags::KeyFlags;
use crate::prompt::{self, Ask};

/// Where the key of a verb is.
pub(crate) enum Key {
    Source(Box<dyn KeySource>),
    Prompt,
    /// The same, for a key that takes the place of another one.
    NewPrompt,
    /// `db.cipher` of the settings.
    Settings {
        request: Box<KeyRequest>,
        kind: &'static str,
    },
}

impl Key {
    /// Finds out where the key is; `None` if nothing names one.
    pub(crate) fn choose(flags: &KeyFlags, config: &DbConfig) -> Option<Self> {
        Self::named(flags, config).or_else(|| {
            let kind = config.cipher.key_source.as_str();
            configured_key(&config.cipher).map(|request| Self::Settings {
                request: Box::new(request),
                kind,
            })
        })
    }

    /// Where the options say that the key is.
    pub(crate) fn named(flags: &KeyFlags, config: &DbConfig) -> Option<Self> {
        let KeyFlags {
            key_env,
            key_file,
            sops,
            sops_key,
            credential,
            keyring,
            keyring_user,
            prompt,
        } = flags;
        let source = |source| Some(Self::Source(source));
        if let Some(variable) = key_env {
            return source(Box::new(EnvSource::new(variable.as_str())));
        }
        if let Some(path) = key_file {
            return source(Box::new(KeyFileSource::new(path.as_path())));
        }
        if let Some(path) = sops {
            let file = sops_source(path, &config.cipher);
            return source(Box::new(match sops_key {
                Some(key) => file.key(key),
                None => file,
            }));
        }
        if let Some(name) = credential {
            return source(Box::new(CredentialSource::new(name.as_str())));
        }
        if let Some(service) = keyring {
            let user = keyring_user.as_ref().unwrap_or(&config.cipher.keyring_user);
            return source(Box::new(KeyringSource::new(
                service.as_str(),
                user.as_str(),
            )));
        }
        prompt.then_some(Self::Prompt)
    }

    /// Says where the key is, never what it is.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Source(source) => source.describe(),
            Self::Prompt | Self::NewPrompt => "the prompt".to_owned(),
            Self::Settings { kind, .. } => format!("the source {kind:?} of the settings"),
        }
    }

    /// Fetches the key.
    pub(crate) fn resolve(&self, ask: Ask) -> Result<CipherKey, CliError> {
        Ok(match self {
            Self::Source(source) => source.resolve()?,
            Self::Prompt => prompt::passphrase("Passphrase: ", ask)?,
            Self::NewPrompt => prompt::passphrase("New passphrase: ", ask)?,
            Self::Settings { request, .. } => resolve_cipher_key(request)?,
        })
    }
}
