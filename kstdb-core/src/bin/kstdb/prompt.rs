//! The passphrase, asked for on the terminal without echo.

use std::io::{self, IsTerminal as _};

use kstdb_core::cipher::{KeySource as _, PassphraseSource};
use kstdb_core::{CipherKey, SecretString};
use zeroize::Zeroizing;

use crate::error::CliError;

/// How often to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// For the key of a file that there is.
    Once,
    /// For the key of a new file, which nobody could open after a slip.
    Twice,
}

/// Tells whether there is somebody to ask.
pub(crate) fn is_possible() -> bool {
    io::stdin().is_terminal()
}

/// Asks for the passphrase.
pub(crate) fn passphrase(ask: Ask) -> Result<CipherKey, CliError> {
    if !is_possible() {
        return Err(CliError::NoTerminal);
    }
    let first = read("Passphrase: ")?;
    if ask == Ask::Twice && *read("The same again: ")? != *first {
        return Err(CliError::PromptsDiffer);
    }
    let passphrase = SecretString::from(first.as_str());
    Ok(PassphraseSource::new(passphrase).resolve()?)
}

fn read(question: &str) -> Result<Zeroizing<String>, CliError> {
    rpassword::prompt_password(question)
        .map(Zeroizing::new)
        .map_err(CliError::Prompt)
}
