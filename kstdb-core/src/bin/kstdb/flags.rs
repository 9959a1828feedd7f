//! The whole command line.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _, Parser, Subcommand};

use crate::error::CliError;
use crate::format::FormatFlags;
use crate::maintain::{Backup, Decrypt, Encrypt, Rekey, Restore, Upgrade, Verify};

const AFTER_HELP: &str = "\
Keys: without a key option the settings say whether there is a key and where (`db.cipher`). A key is
never an argument, where every program of the machine could read it.

Exit codes:
  0  done; for `doctor` and `verify`: nothing is wrong
  1  failed; for `doctor` and `verify`: something is wrong
  2  the command line makes no sense
  3  there is no key, or it does not open the database
  130  stopped by Ctrl-C, SIGTERM or SIGHUP: the database is as it was before";

const PARAMETERS: &str = "\
Parameters are bound to ?1, ?2 and so on:
  int:5       an integer            real:0.5    a float
  text:...    text                  blob:00ff   bytes in hexadecimal
  null        NULL
Anything else is text as it stands: `5` is the text '5'.";

/// Look into, query, change, dump, migrate, examine, re-encrypt, verify and back up a database file
///
/// Options may stand before or after the verb.
#[derive(Debug, Parser)]
#[command(name = "kstdb", version, after_help = AFTER_HELP)]
pub(crate) struct Kstdb {
    #[command(flatten)]
    pub(crate) shared: Shared,

    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// What every verb takes.
#[derive(Debug, Args)]
pub(crate) struct Shared {
    /// The settings file, in place of the one that KSTDB_CONFIG names
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Print JSON; an error is JSON too, in the last line of stderr
    #[arg(long, global = true)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) key: KeyFlags,

    #[command(flatten)]
    pub(crate) format: FormatFlags,
}

/// Where the key is; one at most.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Key")]
pub(crate) struct KeyFlags {
    /// The environment variable that holds the key
    #[arg(long, global = true, value_name = "VARIABLE")]
    pub(crate) key_env: Option<String>,

    /// The file that holds the key, yours alone (mode 0600); one newline at its end is left out
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,

    /// The SOPS file that holds the key
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) sops: Option<PathBuf>,

    /// The name of the key in the SOPS file [default: db_key]
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) sops_key: Option<String>,

    /// The credential that holds the key, passed by systemd ($CREDENTIALS_DIRECTORY)
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) credential: Option<String>,

    /// The service whose entry in the operating system's keyring holds the key
    #[arg(long, global = true, value_name = "SERVICE")]
    pub(crate) keyring: Option<String>,

    /// The user of the entry in the keyring [default: that of the settings, db_key]
    #[arg(long, global = true, value_name = "USER")]
    pub(crate) keyring_user: Option<String>,

    /// Ask for the passphrase, without echo
    #[arg(long, global = true)]
    pub(crate) prompt: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Info(Info),
    Query(Query),
    Exec(Exec),
    Dump(Dump),
    Migrate(Migrate),
    Rekey(Rekey),
    Encrypt(Encrypt),
    Decrypt(Decrypt),
    Upgrade(Upgrade),
    Verify(Verify),
    Backup(Backup),
    Restore(Restore),
    Doctor(Doctor),
}

/// Describe a database: the file, its settings, its tables, its migrations
#[derive(Debug, Args)]
pub(crate) struct Info {
    /// The database file
    #[arg(value_name = "DB")]
    pub(crate) database: PathBuf,
}

/// Print the rows of one statement that only reads
///
/// Columns are aligned on a terminal and separated by tabs elsewhere; for programs there is --json.
#[derive(Debug, Args)]
#[command(after_help = PARAMETERS)]
pub(crate) struct Query {
    /// The database file
    #[arg(value_name = "DB")]
    pub(crate) database: PathBuf,

    /// The statement
    pub(crate) sql: String,

    /// Its parameters
    #[arg(value_name = "PARAM")]
    pub(crate) params: Vec<String>,
}

/// Run one statement, or a script as one transaction
#[derive(Debug, Args)]
#[command(after_help = PARAMETERS)]
pub(crate) struct Exec {
    /// The database file, created if it is missing
    #[arg(value_name = "DB")]
    pub(crate) database: PathBuf,

    /// The statement
    #[arg(required_unless_present = "file", conflicts_with = "file")]
    pub(crate) sql: Option<String>,

    /// Its parameters
    #[arg(value_name = "PARAM", conflicts_with = "file")]
    pub(crate) params: Vec<String>,

    /// A script of several statements, stored all or not at all; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) creation: Creation,
}

/// Print the whole database, as it is at one moment
///
/// The SQL script makes an equal database: `kstdb exec NEW.db --file SCRIPT`. With --json every
/// value carries its storage class, and nothing is lost.
#[derive(Debug, Args)]
pub(crate) struct Dump {
    /// The database file
    #[arg(value_name = "DB")]
    pub(crate) database: PathBuf,
}

/// Apply the migrations that are not applied yet
#[derive(Debug, Args)]
pub(crate) struct Migrate {
    /// The database file, created if it is missing
    #[arg(value_name = "DB")]
    pub(crate) database: PathBuf,

    /// The folder of the migrations, `<version>_<description>.sql`
    #[arg(long, value_name = "DIR")]
    pub(crate) source: PathBuf,

    /// Only say which migrations would be applied
    #[arg(long)]
    pub(crate) dry_run: bool,

    #[command(flatten)]
    pub(crate) creation: Creation,
}

/// How a missing file is created.
#[derive(Debug, Args)]
pub(crate) struct Creation {
    /// Create a missing file although there is no key: who gets the file reads it
    #[arg(long)]
    pub(crate) plaintext: bool,
}

/// Say what is wrong with the library, the settings, the key and a database file
///
/// Nothing is changed. Warnings do not count as something wrong.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// The database file
    #[arg(value_name = "DB")]
    pub(crate) database: Option<PathBuf>,
}

/// Reads the command line; help, the version and what makes no sense end here.
pub(crate) fn parse() -> Result<Kstdb, ExitCode> {
    let args: Vec<OsString> = std::env::args_os().collect();
    let json = args.iter().any(|arg| arg == "--json");
    parse_from(args).map_err(|error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => match error.print() {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => CliError::Output(error).report(json),
        },
        _ => CliError::Usage(Box::new(error)).report(json),
    })
}

fn parse_from(args: Vec<OsString>) -> Result<Kstdb, clap::Error> {
    let flags = Kstdb::try_parse_from(args)?;
    match flags.shared.key.contradiction() {
        Some(contradiction) => {
            Err(Kstdb::command().error(ErrorKind::ArgumentConflict, contradiction))
        }
        None => Ok(flags),
    }
}

impl KeyFlags {
    /// clap itself sees no conflict between an option before the verb and one after it.
    fn contradiction(&self) -> Option<String> {
        let Self {
            key_env,
            key_file,
            sops,
            sops_key,
            credential,
            keyring,
            keyring_user,
            prompt,
        } = self;
        let given: Vec<&str> = [
            ("--key-env", key_env.is_some()),
            ("--key-file", key_file.is_some()),
            ("--sops", sops.is_some()),
            ("--credential", credential.is_some()),
            ("--keyring", keyring.is_some()),
            ("--prompt", *prompt),
        ]
        .into_iter()
        .filter_map(|(name, given)| given.then_some(name))
        .collect();
        match given[..] {
            [first, second, ..] => Some(format!("{first} cannot be used with {second}")),
            _ if sops_key.is_some() && sops.is_none() => Some("--sops-key needs --sops".to_owned()),
            _ if keyring_user.is_some() && keyring.is_none() => {
                Some("--keyring-user needs --keyring".to_owned())
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Kstdb, clap::Error> {
        parse_from(line.split(' ').map(OsString::from).collect())
    }

    #[test]
    fn the_command_line_is_consistent() {
        Kstdb::command().debug_assert();
    }

    #[test]
    fn options_stand_before_or_after_the_verb() -> Result<(), clap::Error> {
        for line in [
            "kstdb --key-env K --json info a.db",
            "kstdb info --key-env K a.db --json",
        ] {
            let flags = parse(line)?;
            assert_eq!(flags.shared.key.key_env.as_deref(), Some("K"), "{line}");
            assert!(flags.shared.json, "{line}");
        }
        Ok(())
    }

    #[test]
    fn two_keys_contradict_each_other_wherever_they_stand() {
        for line in [
            "kstdb --key-env K --prompt info a.db",
            "kstdb --key-env K info a.db --key-file f",
            "kstdb info a.db --sops f --key-file f",
            "kstdb info a.db --sops-key k",
            "kstdb --credential c info a.db --keyring k",
            "kstdb info a.db --keyring-user u",
            "kstdb exec a.db SELECT --file f",
            "kstdb exec a.db",
            "kstdb exec a.db --key-env A --key-env B SELECT",
        ] {
            assert_eq!(
                parse(line).err().map(|error| error.exit_code()),
                Some(2),
                "{line}"
            );
        }
        assert!(parse("kstdb --sops f info a.db --sops-key k").is_ok());
        assert!(parse("kstdb --keyring s info a.db --keyring-user u").is_ok());
    }
}
