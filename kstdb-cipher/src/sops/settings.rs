//! Which file, which value, which program, and its limits.

use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;

use super::{SopsError, read};
use crate::{CipherKey, KeySource, KeySourceError};

const DEFAULT_KEY: &str = "db_key";
const DEFAULT_PROGRAM: &str = "sops";
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
const DEFAULT_MAX_OUTPUT_BYTES: usize = 1024 * 1024;
const OUTPUT_BYTES_CEILING: usize = 64 * 1024 * 1024;

/// Gives a value of a SOPS file as the passphrase.
///
/// The value must be a string that is encrypted and not empty: a number, a boolean, a list or a
/// mapping does not become a key. Every format that `sops` knows by its file name works: YAML,
/// JSON, dotenv, INI, and the envelope of a binary file, whose value is named `data`.
///
/// With the feature `sops`, files for age recipients (`age1..`, `ssh-ed25519`, `ssh-rsa`), with
/// key groups or without, are read in this process (in less than a millisecond, but for the
/// arithmetic of `ssh-rsa`), as strictly as `sops` reads them: every value must decrypt in its place, and the message authentication code
/// of the whole file must be right. What only the program can do (PGP, cloud key services,
/// post-quantum age, identities with a passphrase, rules about comments) is handed to it. A file
/// that was refused is never handed to it.
///
/// Identities come from [`identity`](Self::identity), then from where `sops` looks, in its order:
/// `SOPS_AGE_SSH_PRIVATE_KEY_FILE`, `~/.ssh/id_ed25519`, `~/.ssh/id_rsa`, `SOPS_AGE_KEY`,
/// `SOPS_AGE_KEY_FILE`, `sops/age/keys.txt` in the user's configuration directory, and last the
/// commands of [`identity_commands`](Self::identity_commands). They are read one after the other
/// until one fits; a problem with one of them counts only if none does.
///
/// # Security
///
/// Decrypted values live in buffers that are wiped. The program runs without a shell, with fixed
/// arguments and nothing on its standard input; what it prints as errors, which can contain values
/// of the file, is thrown away.
///
/// The format itself does not protect the names of values in clear, the type of an encrypted
/// value, or the list of recipients, and an older copy of the whole file cannot be told from the
/// newest: see `docs/cipher.md`.
///
/// # Example
///
/// ```no_run
/// use std::time::Duration;
/// use kstdb_cipher::{KeySource, KeySourceError, SopsSource};
///
/// let source = SopsSource::new("secrets.yml").key("prod.db_key").timeout(Duration::from_secs(5));
/// let key = source.resolve()?;
/// # Ok::<(), KeySourceError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a source does nothing until it is resolved"]
pub struct SopsSource {
    path: PathBuf,
    key: String,
    identity: Option<PathBuf>,
    commands: IdentityCommands,
    reader: SopsReader,
    program: PathBuf,
    timeout: Duration,
    max_output_bytes: usize,
}

/// Says whether commands of the environment may be run to get an identity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IdentityCommands {
    /// Never: whoever sets a variable must not be able to start a program.
    #[default]
    Ignore,
    /// Run `SOPS_AGE_SSH_PRIVATE_KEY_CMD` and `SOPS_AGE_KEY_CMD`, as `sops` does: split into
    /// words, without a shell, with the recipient in `SOPS_AGE_RECIPIENT`.
    Run,
}

/// Says who reads a SOPS file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SopsReader {
    /// This process, and the `sops` program for what only it can do. Without the feature `sops`
    /// the program does everything.
    #[default]
    NativeFirst,
    /// This process alone: no program is started to decrypt.
    #[cfg(feature = "sops")]
    Native,
    /// The program alone.
    Program,
}

impl SopsSource {
    /// Names the file; everything else has its default.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            key: DEFAULT_KEY.to_owned(),
            identity: None,
            commands: IdentityCommands::default(),
            reader: SopsReader::default(),
            program: DEFAULT_PROGRAM.into(),
            timeout: DEFAULT_TIMEOUT,
            max_output_bytes: DEFAULT_MAX_OUTPUT_BYTES,
        }
    }

    /// Names the value: `prod.db_key`, or `["prod"]["db.key"]` for a key with dots. Default:
    /// `db_key`.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = key.into();
        self
    }

    /// Names a file with age identities, or with one SSH key, that is tried before all others.
    /// Default: none.
    pub fn identity(mut self, path: impl Into<PathBuf>) -> Self {
        self.identity = Some(path.into());
        self
    }

    /// Allows or forbids the commands that `SOPS_AGE_KEY_CMD` and `SOPS_AGE_SSH_PRIVATE_KEY_CMD`
    /// name. Default: [`IdentityCommands::Ignore`].
    pub fn identity_commands(mut self, commands: IdentityCommands) -> Self {
        self.commands = commands;
        self
    }

    /// Chooses who reads the file. Default: [`SopsReader::NativeFirst`].
    pub fn reader(mut self, reader: SopsReader) -> Self {
        self.reader = reader;
        self
    }

    /// Names the program: a name that is looked up in `PATH`, or an absolute path. Default: `sops`.
    pub fn program(mut self, program: impl Into<PathBuf>) -> Self {
        self.program = program.into();
        self
    }

    /// Limits the time that the program, or a command for an identity, may take. Default: 30 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Limits the size of the decrypted document, in bytes. Default: 1 MiB; at most 64 MiB, which
    /// larger values are taken for.
    pub fn max_output_bytes(mut self, max_output_bytes: usize) -> Self {
        self.max_output_bytes = max_output_bytes.min(OUTPUT_BYTES_CEILING);
        self
    }

    /// Gives the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn key_name(&self) -> &str {
        &self.key
    }

    #[cfg(feature = "sops")]
    pub(super) fn reading(&self) -> SopsReader {
        self.reader
    }

    pub(super) fn program_name(&self) -> &Path {
        &self.program
    }

    pub(super) fn identity_path(&self) -> Option<&Path> {
        self.identity.as_deref()
    }

    pub(super) fn allowed_commands(&self) -> IdentityCommands {
        self.commands
    }

    pub(super) fn time_limit(&self) -> Duration {
        self.timeout
    }

    pub(super) fn output_limit(&self) -> usize {
        self.max_output_bytes
    }
}

impl KeySource for SopsSource {
    fn resolve(&self) -> Result<CipherKey, KeySourceError> {
        CipherKey::passphrase(read::value(self)?).map_err(|source| KeySourceError::Key {
            origin: self.describe(),
            source,
        })
    }

    fn describe(&self) -> String {
        format!(
            "the value {:?} of the SOPS file {}",
            self.key,
            self.path.display()
        )
    }
}

/// Decrypts a whole SOPS file to JSON, for a configuration that is encrypted.
///
/// The [key name](SopsSource::key) plays no part. Of several YAML documents it is the first. This
/// blocks while files are read or the program runs.
///
/// # Errors
///
/// As [`SopsSource`], but for the variants about the value. The text is UTF-8 and otherwise not
/// checked.
///
/// # Security
///
/// The text is wiped when it is dropped.
pub fn decrypt_document(source: &SopsSource) -> Result<SecretString, SopsError> {
    let document = read::document(source)?;
    std::str::from_utf8(&document)
        .map(SecretString::from)
        .map_err(|_| SopsError::NotJson {
            path: source.path.clone(),
        })
}
