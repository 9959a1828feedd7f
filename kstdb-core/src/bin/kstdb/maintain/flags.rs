//! What the verbs take on the command line.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use kstdb_core::maintenance::VerifyLevel;

use crate::flags::KeyFlags;
use crate::format::NewFormatFlags;

/// Change the key of a database, its rounds or the size of its pages
///
/// The key that opens it comes from the key options and the settings, the new one from the options
/// below. The database has one of the two at any moment, also if the program is killed. Once pages
/// are being written Ctrl-C and other signals have to wait for the end.
#[derive(Debug, Args)]
pub(crate) struct Rekey {
    /// The database file
    #[arg(value_name = "DB")]
    pub(crate) database: PathBuf,

    #[command(flatten)]
    pub(crate) new_key: NewKeyFlags,

    #[command(flatten)]
    pub(crate) new_format: NewFormatFlags,
}

/// Encrypt an unencrypted database, in place
///
/// The new file is compared with the old one row by row before it takes its place. The disk may
/// still hold what was there in clear.
#[derive(Debug, Args)]
pub(crate) struct Encrypt {
    /// The database file
    #[arg(value_name = "DB")]
    pub(crate) database: PathBuf,
}

/// Take the encryption off a database, in place: who gets the file reads it
#[derive(Debug, Args)]
pub(crate) struct Decrypt {
    /// The database file
    #[arg(value_name = "DB")]
    pub(crate) database: PathBuf,

    /// Do not ask whether that is wanted
    #[arg(long)]
    pub(crate) yes: bool,
}

/// Bring a database of SQLCipher 1, 2 or 3 to the format of SQLCipher 4, in place
///
/// Its version is found out, whatever the format options say.
#[derive(Debug, Args)]
pub(crate) struct Upgrade {
    /// The database file
    #[arg(value_name = "DB")]
    pub(crate) database: PathBuf,
}

/// Check every page, the structure and the foreign keys of a database, and name what is damaged
///
/// The database may be in use, and its first page may be damaged. Nothing is changed.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The database file
    #[arg(value_name = "DB")]
    pub(crate) database: PathBuf,

    /// How much is checked
    #[arg(long, value_enum, default_value_t = Level::Structure)]
    pub(crate) level: Level,

    /// How many threads check pages [default: one for each core]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) threads: Option<NonZeroUsize>,
}

/// How much `verify` checks; each level does more than the one before.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Level {
    /// The HMAC of every page and of every frame of the write-ahead log
    Pages,
    /// Also integrity_check and foreign_key_check
    Structure,
    /// Also SQLCipher's own cipher_integrity_check
    Everything,
}

/// Copy a database, which may be in use, to a new file, and verify the copy
///
/// The copy has the key of the database, or the new one of the options below. It gets its name when
/// every page of it is verified: there is a whole backup or none.
#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The database file
    #[arg(value_name = "DB")]
    pub(crate) database: PathBuf,

    /// The file of the backup
    #[arg(value_name = "BACKUP")]
    pub(crate) target: PathBuf,

    /// Replace an older backup of this name, once the new one is verified
    #[arg(long)]
    pub(crate) overwrite: bool,

    #[command(flatten)]
    pub(crate) new_key: NewKeyFlags,
}

/// Put a backup in the place of a database that nobody has open; the old database is lost
///
/// The backup is checked whole before the database is touched, and stays.
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The file of the backup
    #[arg(value_name = "BACKUP")]
    pub(crate) backup: PathBuf,

    /// The database file
    #[arg(value_name = "DB")]
    pub(crate) database: PathBuf,
}

/// Where the new key is; one at most. Without any the program asks.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "New key")]
pub(crate) struct NewKeyFlags {
    /// The environment variable that holds the new key
    #[arg(long, value_name = "VARIABLE", group = "new_key")]
    pub(crate) new_key_env: Option<String>,

    /// The file that holds the new key, of mode 0600; one newline at its end is left out
    #[arg(long, value_name = "FILE", group = "new_key")]
    pub(crate) new_key_file: Option<PathBuf>,

    /// The SOPS file that holds the new key
    #[arg(long, value_name = "FILE", group = "new_key")]
    pub(crate) new_sops: Option<PathBuf>,

    /// The name of the new key in the SOPS file [default: db_key]
    #[arg(long, value_name = "NAME", requires = "new_sops")]
    pub(crate) new_sops_key: Option<String>,

    /// The systemd credential that holds the new key
    #[arg(long, value_name = "NAME", group = "new_key")]
    pub(crate) new_credential: Option<String>,

    /// The service in the keyring of the operating system that holds the new key
    #[arg(long, value_name = "SERVICE", group = "new_key")]
    pub(crate) new_keyring: Option<String>,

    /// The user of the new key in the keyring
    #[arg(long, value_name = "USER", requires = "new_keyring")]
    pub(crate) new_keyring_user: Option<String>,

    /// Ask for the new passphrase, without echo
    #[arg(long, group = "new_key")]
    pub(crate) new_prompt: bool,
}

impl NewKeyFlags {
    /// The same as options for a key.
    pub(crate) fn into_key_flags(self) -> KeyFlags {
        KeyFlags {
            key_env: self.new_key_env,
            key_file: self.new_key_file,
            sops: self.new_sops,
            sops_key: self.new_sops_key,
            credential: self.new_credential,
            keyring: self.new_keyring,
            keyring_user: self.new_keyring_user,
            prompt: self.new_prompt,
        }
    }
}

impl From<Level> for VerifyLevel {
    fn from(level: Level) -> Self {
        match level {
            Level::Pages => Self::Pages,
            Level::Structure => Self::Structure,
            Level::Everything => Self::Everything,
        }
    }
}
