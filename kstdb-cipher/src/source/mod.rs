//! Where keys come from: text, the environment, a SOPS file, or a source of the user's own.

mod env;
mod error;
mod passphrase;
mod request;

pub use env::EnvSource;
pub use error::KeySourceError;
pub use passphrase::PassphraseSource;
pub use request::{KeyRequest, KeySource, resolve_cipher_key};
