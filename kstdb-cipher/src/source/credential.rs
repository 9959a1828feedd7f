//! A key that the service manager passes to the service.

use std::path::{Path, PathBuf};

use super::private_file::{self, Access};
use super::{KeySource, KeySourceError};
use crate::CipherKey;

/// The variable in which systemd says where the credentials of a service are.
const DIRECTORY_VARIABLE: &str = "CREDENTIALS_DIRECTORY";

/// Gives a [credential of systemd](https://systemd.io/CREDENTIALS/) as the passphrase, without one
/// newline at its end.
///
/// A unit names it with `LoadCredential=`, `LoadCredentialEncrypted=` or `SetCredential=`; the
/// service finds it as a file in `$CREDENTIALS_DIRECTORY`, in memory that is not swapped. The text
/// is read as that of a [`KeyFileSource`](crate::KeyFileSource).
///
/// # Security
///
/// On Unix the file must belong to the user of this process or to root, others must have no access
/// to it, and its group must not write it. The group may read it: where systemd lets the service
/// in through an access control list, the list's mask shows as the rights of the group.
///
/// # Example
///
/// ```
/// use kstdb_cipher::{CredentialSource, KeySource};
///
/// // LoadCredentialEncrypted=db_key:/etc/credstore.encrypted/db_key
/// let source = CredentialSource::new("db_key");
/// assert_eq!(source.describe(), "the credential \"db_key\"");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialSource {
    name: String,
}

impl CredentialSource {
    /// Names the credential, by the name that the unit gives it.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }

    /// **Invariant:** the path stays in the directory, whatever the name.
    fn path(&self) -> Result<PathBuf, KeySourceError> {
        let is_file_name = !matches!(self.name.as_str(), "" | "." | "..")
            && !self.name.contains(['/', '\\', '\0']);
        if !is_file_name {
            return Err(KeySourceError::CredentialName {
                name: self.name.clone(),
            });
        }
        #[expect(
            clippy::disallowed_methods,
            reason = "systemd says where credentials are in the environment"
        )]
        let directory = std::env::var_os(DIRECTORY_VARIABLE);
        match directory {
            Some(directory) if Path::new(&directory).is_absolute() => {
                Ok(Path::new(&directory).join(&self.name))
            }
            _ => Err(KeySourceError::NoCredentials {
                name: self.name.clone(),
            }),
        }
    }
}

impl KeySource for CredentialSource {
    fn resolve(&self) -> Result<CipherKey, KeySourceError> {
        private_file::read_key(&self.path()?, Access::GroupReads, || self.describe())
    }

    fn describe(&self) -> String {
        format!("the credential {:?}", self.name)
    }
}
