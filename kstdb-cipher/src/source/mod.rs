//! Where keys come from: text, the environment, a SOPS file, a private file, a credential of the
//! service manager, the keyring of the operating system, or a source of the user's own.

mod credential;
mod env;
mod error;
mod key_file;
mod keyring;
mod passphrase;
mod private_file;
mod request;

pub use credential::CredentialSource;
pub use env::EnvSource;
pub use error::KeySourceError;
pub use key_file::KeyFileSource;
pub use keyring::{KeyringError, KeyringSource};
pub use passphrase::PassphraseSource;
pub use private_file::KeyFileError;
pub use request::{KeyRequest, KeySource, resolve_cipher_key};
