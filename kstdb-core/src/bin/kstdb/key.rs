//! Which key a verb uses: the one that an option names, else the one that the settings name.

use kstdb_core::cipher::{EnvSource, KeySource as _};
use kstdb_core::{
    CipherKey, DbConfig, KeyRequest, SopsSource, configured_key, resolve_cipher_key, sops_source,
};

use crate::error::CliError;
use crate::flags::KeyFlags;
use crate::key_file::KeyFile;
use crate::prompt::{self, Ask};

/// Where the key of a verb is.
pub(crate) enum Key {
    Variable(EnvSource),
    File(KeyFile),
    Sops(SopsSource),
    Prompt,
    /// `db.cipher` of the settings.
    Settings {
        request: KeyRequest,
        kind: &'static str,
    },
}

impl Key {
    /// Finds out where the key is; `None` if nothing names one.
    pub(crate) fn choose(flags: &KeyFlags, config: &DbConfig) -> Option<Self> {
        let KeyFlags {
            key_env,
            key_file,
            sops,
            sops_key,
            prompt,
        } = flags;
        if let Some(variable) = key_env {
            return Some(Self::Variable(EnvSource::new(variable.as_str())));
        }
        if let Some(path) = key_file {
            return Some(Self::File(KeyFile::new(path.as_path())));
        }
        if let Some(path) = sops {
            let source = sops_source(path, &config.cipher);
            return Some(Self::Sops(match sops_key {
                Some(key) => source.key(key),
                None => source,
            }));
        }
        if *prompt {
            return Some(Self::Prompt);
        }
        let kind = config.cipher.key_source.as_str();
        configured_key(&config.cipher).map(|request| Self::Settings { request, kind })
    }

    /// Says where the key is, never what it is.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Variable(source) => source.describe(),
            Self::File(source) => source.describe(),
            Self::Sops(source) => source.describe(),
            Self::Prompt => "the prompt".to_owned(),
            Self::Settings { kind, .. } => format!("the source {kind:?} of the settings"),
        }
    }

    /// Fetches the key.
    pub(crate) fn resolve(&self, ask: Ask) -> Result<CipherKey, CliError> {
        Ok(match self {
            Self::Variable(source) => source.resolve()?,
            Self::File(source) => source.resolve()?,
            Self::Sops(source) => source.resolve()?,
            Self::Prompt => prompt::passphrase(ask)?,
            Self::Settings { request, .. } => resolve_cipher_key(request)?,
        })
    }
}
