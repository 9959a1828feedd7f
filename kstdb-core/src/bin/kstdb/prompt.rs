//! What is asked for on the terminal: a passphrase, without echo, and a yes.

use std::fs::File;
use std::io::{self, IsTerminal as _, Write as _};

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

/// Tells whether there is somebody to ask without having been told to: not in a script, whose standard
/// input is something else.
pub(crate) fn is_possible() -> bool {
    io::stdin().is_terminal()
}

/// Tells whether there is a terminal, wherever standard input comes from.
fn has_terminal() -> bool {
    if cfg!(unix) {
        let terminal = File::options().read(true).write(true).open("/dev/tty");
        terminal.is_ok()
    } else {
        is_possible()
    }
}

/// Asks for a passphrase, on the terminal: standard input can be a file of statements.
pub(crate) fn passphrase(question: &str, ask: Ask) -> Result<CipherKey, CliError> {
    if !has_terminal() {
        return Err(CliError::NoTerminal);
    }
    let first = read(question)?;
    if ask == Ask::Twice && *read("The same again: ")? != *first {
        return Err(CliError::PromptsDiffer);
    }
    let passphrase = SecretString::from(first.as_str());
    Ok(PassphraseSource::new(passphrase).resolve()?)
}

/// Asks for a yes. Nobody to ask is an error, not a no.
pub(crate) fn confirm(question: &str) -> Result<bool, CliError> {
    if !is_possible() {
        return Err(CliError::NotConfirmed);
    }
    let mut terminal = io::stderr().lock();
    write!(terminal, "{question} [yes/no] ").and_then(|()| terminal.flush())?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(answer.trim() == "yes")
}

fn read(question: &str) -> Result<Zeroizing<String>, CliError> {
    rpassword::prompt_password(question)
        .map(Zeroizing::new)
        .map_err(CliError::Prompt)
}
