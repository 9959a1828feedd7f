//! Encryption on and off, and the format of SQLCipher 4, for a file that no pool has open.

use std::path::Path;
use std::sync::Arc;

use kstdb_cipher::{
    CipherCompatibility, CipherKey, CipherProfile, DerivedKey, UnlockOptions, random_salt, unlock,
};

use super::access::Access;
use super::file::{self, Found};
use super::progress::Observer;
use super::swap::convert;
use super::{MaintenanceError, MaintenanceOptions};
use crate::error::{DatabaseConnectionError, DatabaseError, EncryptionError};
use crate::open::FileKey;

/// Encrypts an unencrypted database, in place.
///
/// The database is copied under another name beside itself, compared row by row and checked, and
/// only then takes the name of the old file. It keeps its rows with their rowids, its schema,
/// `user_version`, `application_id`, `auto_vacuum`, text encoding and journal mode; the size of its
/// pages becomes that of the profile. A crash leaves the old file or the new one, each whole. What
/// it leaves beside them goes with the next call or when the file is opened next.
///
/// No connection may have the file open, of this process or another. Twice the space of the file is
/// needed while it runs, and memory for its largest index.
///
/// # Errors
///
/// - [`DatabaseError::Connection`]: there is no such file, or it is none that can be used
/// - [`EncryptionError::NotSqlcipher`]: the library is plain SQLite
/// - [`DatabaseError::Maintenance`]: it is encrypted already, in use, read-only or damaged, there
///   is not enough space, the caller stopped it, ...; see [`MaintenanceError`]. The file is as it
///   was before.
///
/// # Cancel safety
///
/// Dropping the future stops the call soon and leaves the old file; if the new one just takes its
/// place, the new one.
///
/// # Security
///
/// **The plaintext can still be read from the disk.** A file system only forgets where deleted data
/// was, and an SSD keeps old blocks for itself; nor does this reach backups and copies. What must
/// never be read should be encrypted from its first byte.
///
/// # Example
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # if !kstdb_core::is_sqlcipher_available() { return Ok(()) }
/// use kstdb_core::maintenance::{MaintenanceOptions, encrypt};
/// use kstdb_core::{AsyncDatabase, CipherKey};
///
/// let dir = tempfile::tempdir()?;
/// let path = dir.path().join("app.db");
/// # let db = AsyncDatabase::builder(&path).connect().await?;
/// # db.execute("CREATE TABLE notes (text TEXT)", ()).await?;
/// # db.close().await?;
/// let key = CipherKey::passphrase("correct horse battery staple")?;
/// encrypt(&path, key, &MaintenanceOptions::new()).await?;
///
/// let db = AsyncDatabase::builder(&path).passphrase("correct horse battery staple");
/// assert!(db.connect().await?.is_encrypted());
/// # Ok(())
/// # }
/// ```
pub async fn encrypt(
    path: impl AsRef<Path>,
    key: impl Into<Arc<CipherKey>>,
    options: &MaintenanceOptions,
) -> Result<(), DatabaseError> {
    let key = key.into();
    run(path.as_ref(), options, move |found, options, observer| {
        if !found.state.is_plaintext() {
            let path = found.path;
            return Err(MaintenanceError::AlreadyEncrypted { path }.into());
        }
        let new = new_access(&key, options.profile)?;
        convert(&found.path, &Access::Plain, &new, options, observer)
    })
    .await
}

/// Takes the encryption off a database, in place. Who gets the file reads it from then on.
///
/// Works as [`encrypt`] does, in the other direction; the pages keep their size, and nothing of the
/// encryption stays in them.
///
/// # Errors
///
/// - [`DatabaseError::Encryption`]: the key is wrong, or is not needed: the file is not encrypted
/// - those of [`encrypt`]
///
/// # Cancel safety
///
/// As for [`encrypt`].
///
/// # Security
///
/// The new file is of mode 0600, and plaintext even before it has its name. After a crash it stays
/// as `.<name>.kstdb-new` until the database is opened or maintained next.
///
/// # Example
///
/// ```no_run
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use kstdb_core::CipherKey;
/// use kstdb_core::maintenance::{MaintenanceOptions, decrypt};
///
/// let key = CipherKey::passphrase("correct horse battery staple")?;
/// decrypt("app.db", key, &MaintenanceOptions::new()).await?;
/// # Ok(())
/// # }
/// ```
pub async fn decrypt(
    path: impl AsRef<Path>,
    key: impl Into<Arc<CipherKey>>,
    options: &MaintenanceOptions,
) -> Result<(), DatabaseError> {
    let key = key.into();
    run(path.as_ref(), options, move |found, options, observer| {
        let derived = unlock(&found.path, &key, &unlocking(options.profile))?.derived;
        let old = Access::Keyed(FileKey::new(derived, options.profile));
        convert(&found.path, &old, &Access::Plain, options, observer)
    })
    .await
}

/// Brings a database of SQLCipher 1, 2 or 3 to the format of SQLCipher 4, in place and under the
/// same key, and says what it was. One that has the format already is left alone.
///
/// Works as [`encrypt`] does. A passphrase is stretched with a new salt.
///
/// # Errors
///
/// - [`DatabaseError::Encryption`]: the key is wrong, or the file is not encrypted
/// - those of [`encrypt`]
///
/// # Cancel safety
///
/// As for [`encrypt`].
///
/// # Example
///
/// ```no_run
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use kstdb_core::maintenance::{MaintenanceOptions, upgrade};
/// use kstdb_core::{CipherCompatibility, CipherKey};
///
/// let key = CipherKey::passphrase("correct horse battery staple")?;
/// let before = upgrade("of-2015.db", key, &MaintenanceOptions::new()).await?;
/// assert_eq!(before, CipherCompatibility::V3);
/// # Ok(())
/// # }
/// ```
pub async fn upgrade(
    path: impl AsRef<Path>,
    key: impl Into<Arc<CipherKey>>,
    options: &MaintenanceOptions,
) -> Result<CipherCompatibility, DatabaseError> {
    let key = key.into();
    run(path.as_ref(), options, move |found, options, observer| {
        let before = match unlock(&found.path, &key, &unlocking(options.profile)) {
            Ok(_) => return Ok(options.profile.compatibility),
            Err(EncryptionError::OtherCipherSettings { found, .. }) => found,
            Err(error) => return Err(error.into()),
        };
        let profile = before.profile();
        let derived = unlock(&found.path, &key, &unlocking(profile))?.derived;
        let old = Access::Keyed(FileKey::new(derived, profile));
        let new = new_access(&key, options.profile)?;
        convert(&found.path, &old, &new, options, observer)?;
        Ok(before)
    })
    .await
}

/// The link has been looked at already.
fn unlocking(profile: CipherProfile) -> UnlockOptions {
    UnlockOptions::new().profile(profile)
}

/// A key for a new file, with a new salt.
pub(super) fn new_access(key: &CipherKey, profile: CipherProfile) -> Result<Access, DatabaseError> {
    if !kstdb_cipher::is_sqlcipher_available() {
        return Err(EncryptionError::NotSqlcipher.into());
    }
    let derived = DerivedKey::derive(key, random_salt()?, profile);
    Ok(Access::Keyed(FileKey::new(derived, profile)))
}

/// Runs the work on a blocking thread, and stops it when the future is dropped.
async fn run<T: Send + 'static>(
    path: &Path,
    options: &MaintenanceOptions,
    work: impl FnOnce(Found, &MaintenanceOptions, &Observer) -> Result<T, DatabaseError>
    + Send
    + 'static,
) -> Result<T, DatabaseError> {
    let observer = options.observer.for_call();
    let _stop = observer.stop_on_drop();
    let (path, options) = (path.to_owned(), options.clone());
    let work = move || {
        let found = file::look(&path, options.follow_symlinks)?;
        work(found, &options, &observer)
    };
    crate::blocking::spawn(work)
        .await
        .map_err(|_| DatabaseConnectionError::RuntimeShutdown)?
}
