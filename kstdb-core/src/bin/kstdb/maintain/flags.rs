//! What the verbs take on the command line.

use std::path::PathBuf;

use clap::Args;

use crate::flags::KeyFlags;

/// Change the key of a database
///
/// The key that opens it comes from the key options and the settings, the new one from the options
/// below. The database has one of the two at any moment, also if the program is killed. Once pages
/// are being written Ctrl-C has to wait for the end.
#[derive(Debug, Args)]
pub(crate) struct Rekey {
    /// The database file
    #[arg(value_name = "DB")]
    pub(crate) database: PathBuf,

    #[command(flatten)]
    pub(crate) new_key: NewKeyFlags,
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
#[derive(Debug, Args)]
pub(crate) struct Upgrade {
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
