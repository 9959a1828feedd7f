//! What goes wrong, how it is said and with which exit code the program ends.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use kstdb_core::cipher::KeySourceError;
use kstdb_core::error::{ConfigError, EncryptionError, SqliteErrorKind};
use kstdb_core::maintenance::MaintenanceError;
use kstdb_core::migrate::MigrationError;
use kstdb_core::{DatabaseError, sqlx};

use crate::output;

/// Why a verb did not do what it was asked for. Never holds a key or a value of a database.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    #[error("{0}")]
    Usage(Box<clap::Error>),
    #[error("parameter {position} is not {expected}")]
    Parameter {
        position: usize,
        expected: &'static str,
    },
    #[error("--plaintext contradicts the key that is given")]
    PlaintextWithKey,
    #[error(
        "{}: the file is encrypted or not a database, and no key was given: use --key-env, \
         --key-file, --sops, --credential, --keyring, --prompt or the settings (db.cipher)",
        path.display()
    )]
    NoKey { path: PathBuf },
    #[error(
        "{}: a new file needs a key (--key-env, --key-file, --sops, --credential, --keyring, \
         --prompt or the settings), or --plaintext", path.display()
    )]
    NoKeyForNewFile { path: PathBuf },
    #[error(
        "no key was given: use --key-env, --key-file, --sops, --credential, --keyring, --prompt or \
         the settings (db.cipher)"
    )]
    NoKeyNamed,
    #[error(
        "there is no new key: use --new-key-env, --new-key-file, --new-sops, --new-credential, \
         --new-keyring or --new-prompt"
    )]
    NoNewKey,
    #[error("decrypting needs --yes, or a yes on the terminal")]
    NotConfirmed,
    #[error("the key cannot be asked for: there is no terminal")]
    NoTerminal,
    #[error("the key could not be asked for")]
    Prompt(#[source] io::Error),
    #[error("the two passphrases are not the same")]
    PromptsDiffer,
    #[error("the statement writes, and `query` only reads: use `kstdb exec`")]
    QueryWrites,
    #[error(
        "{}: somebody wrote to the file while it was read, and no lock can be taken where it is: \
         run it again", path.display()
    )]
    ChangedMeanwhile { path: PathBuf },
    #[error("cannot read {}", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the virtual table {table:?} has no SQL dump: use --json")]
    VirtualTable { table: String },
    #[error("the output cannot be written")]
    Output(#[from] io::Error),
    #[error("the program cannot start")]
    Runtime(#[source] io::Error),
    #[error("the statement cannot be described")]
    Describe(#[source] sqlx::Error),
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl CliError {
    /// Says what went wrong, in one line or as JSON, and gives the exit code.
    pub(crate) fn report(&self, json: bool) -> ExitCode {
        if json {
            let message = self.message();
            let error = serde_json::json!({ "error": self.kind(), "message": message });
            output::stderr(&error.to_string());
        } else if let Self::Usage(usage) = self {
            // With the usage line and the colours that clap gives it. There is nobody else to tell.
            drop(usage.print());
        } else {
            output::stderr(&format!("error: {}", self.message()));
        }
        ExitCode::from(self.exit_code())
    }

    /// The reader of the output has gone.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// The error and its causes in one line.
    fn message(&self) -> String {
        if let Self::Usage(usage) = self {
            let text = usage.render().to_string();
            return text.trim_start_matches("error: ").trim_end().to_owned();
        }
        output::escape(&chain(self))
    }

    /// What kind of error it is, for programs.
    fn kind(&self) -> &'static str {
        match self {
            Self::Usage(_)
            | Self::Parameter { .. }
            | Self::PlaintextWithKey
            | Self::NotConfirmed => "usage",
            Self::NoKey { .. }
            | Self::NoKeyForNewFile { .. }
            | Self::NoKeyNamed
            | Self::NoNewKey => "no_key",
            Self::NoTerminal | Self::Prompt(_) | Self::PromptsDiffer => "key_source",
            Self::QueryWrites => "read_only",
            Self::ChangedMeanwhile { .. } => "busy",
            Self::VirtualTable { .. } | Self::Describe(_) => "statement",
            Self::Read { .. } | Self::Output(_) | Self::Runtime(_) => "io",
            Self::Database(error) => database_kind(error),
        }
    }

    fn exit_code(&self) -> u8 {
        match self.kind() {
            "usage" => 2,
            "no_key" | "key_source" | "wrong_key" => 3,
            // What a shell says of a program that Ctrl-C ended; SIGTERM and SIGHUP mean the same here.
            "stopped" => 130,
            _ => 1,
        }
    }
}

fn database_kind(error: &DatabaseError) -> &'static str {
    match error {
        DatabaseError::Encryption(EncryptionError::NoKey { .. }) => "no_key",
        DatabaseError::Encryption(EncryptionError::Source(_) | EncryptionError::Key(_)) => {
            "key_source"
        }
        DatabaseError::Maintenance(MaintenanceError::Stopped) => "stopped",
        error if error.is_wrong_key() => "wrong_key",
        error if error.is_busy() => "busy",
        error if error.is_corrupt() => "corrupt",
        error if error.is_constraint_violation() => "constraint",
        DatabaseError::Encryption(_) => "encryption",
        DatabaseError::Connection(_) => "connection",
        DatabaseError::PoolExhausted(_) => "timeout",
        DatabaseError::Transaction(_) => "transaction",
        DatabaseError::Statement(_) => "statement",
        DatabaseError::Migration(_) => "migration",
        DatabaseError::Maintenance(_) => "maintenance",
        DatabaseError::Config(_) => "config",
        _ => "other",
    }
}

/// An error and its causes; one that only repeats its cause is not said twice.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !message.ends_with(&text) {
            message.push_str(": ");
            message.push_str(&text);
        }
        cause = error.source();
    }
    message
}

/// Tells whether SQLite refused because the connection only reads.
pub(crate) fn is_read_only(error: &DatabaseError) -> bool {
    error
        .sqlite()
        .is_some_and(|error| error.kind() == SqliteErrorKind::ReadOnly)
}

impl From<EncryptionError> for CliError {
    fn from(error: EncryptionError) -> Self {
        DatabaseError::from(error).into()
    }
}

impl From<KeySourceError> for CliError {
    fn from(error: KeySourceError) -> Self {
        EncryptionError::from(error).into()
    }
}

impl From<ConfigError> for CliError {
    fn from(error: ConfigError) -> Self {
        DatabaseError::from(error).into()
    }
}

impl From<MigrationError> for CliError {
    fn from(error: MigrationError) -> Self {
        DatabaseError::from(error).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_line_with_its_causes() {
        let source = io::Error::other("disk\non fire");
        let error = CliError::Read {
            path: "a.sql".into(),
            source,
        };
        assert_eq!(error.message(), "cannot read a.sql: disk\\non fire");
    }

    #[test]
    fn a_repeated_cause_is_said_once() {
        let error = CliError::from(EncryptionError::WrongKey {
            path: "a.db".into(),
        });
        assert_eq!(
            error.message(),
            "the database cannot be unlocked: a.db: the key is wrong, or the file is not a database"
        );
        assert_eq!((error.kind(), error.exit_code()), ("wrong_key", 3));
    }
}
