//! The calls that run while the database is in use.

use std::path::Path;

#[cfg(doc)]
use super::MaintenanceError;
use super::backup::back_up;
use super::verify::verify_pool;
use super::{Backup, BackupOptions, VerifyOptions, VerifyReport};
use crate::database::AsyncDatabase;
use crate::error::DatabaseError;

impl AsyncDatabase {
    /// Copies the database, as it is at one moment, to a new file under the same key.
    ///
    /// Reads and writes go on meanwhile; nobody waits for the backup, but the write-ahead log grows
    /// until the pages are copied. The file is encrypted from its first byte, for its owner alone
    /// (mode `0600`), and gets its name only when every page of it has been verified and it is
    /// synced: what is there under the name is a whole backup.
    ///
    /// Free pages are copied, too; `VACUUM` the database now and then if it shrinks.
    /// [`restore`](crate::maintenance::restore()) brings it back.
    ///
    /// # Errors
    /// - [`MaintenanceError::Exists`]: there is a file
    ///   of that name.
    /// - [`MaintenanceError::InMemory`]: a database
    ///   in memory has no pages to copy.
    /// - [`MaintenanceError::Damaged`]: a page of the
    ///   database is damaged; there is no backup of it.
    /// - [`DatabaseError::Maintenance`]: not enough space, no permission, ...
    /// - [`DatabaseConnectionError::Closed`](crate::error::DatabaseConnectionError::Closed): the database has been closed, perhaps meanwhile.
    ///
    /// # Cancel safety
    /// Dropping the future stops the backup soon, and leaves nothing but what was there before; if
    /// it just gets its name, the whole backup.
    ///
    /// # Security
    /// The backup of an encrypted database is never plaintext. The backup of one without a key is.
    ///
    /// # Example
    /// ```
    /// # use kstdb_core::AsyncDatabase;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # if !kstdb_core::is_sqlcipher_available() { return Ok(()) }
    /// # let dir = tempfile::tempdir()?;
    /// # let (path, backup) = (dir.path().join("app.db"), dir.path().join("monday.db"));
    /// let db = AsyncDatabase::builder(&path).passphrase("correct horse").connect().await?;
    /// db.execute("CREATE TABLE notes (text TEXT)", ()).await?;
    /// db.backup(&backup).await?;
    ///
    /// let copy = AsyncDatabase::builder(&backup).passphrase("correct horse").connect().await?;
    /// assert!(copy.table_exists("notes").await?);
    /// # copy.close().await?;
    /// # db.close().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn backup(&self, path: impl AsRef<Path>) -> Result<Backup, DatabaseError> {
        self.backup_with(path, &BackupOptions::default()).await
    }

    /// The same as [`backup`](Self::backup), with another key, over an older backup, or with news
    /// of its progress.
    ///
    /// # Errors
    /// - [`MaintenanceError::NotEncrypted`]: the database has no key, and the backup is to have one.
    /// - those of [`backup`](Self::backup).
    ///
    /// # Cancel safety
    /// As for [`backup`](Self::backup).
    pub async fn backup_with(
        &self,
        path: impl AsRef<Path>,
        options: &BackupOptions,
    ) -> Result<Backup, DatabaseError> {
        let pool = self.pool().await?.inner();
        back_up(pool, path.as_ref(), options).await
    }

    /// Verifies the database: the HMAC of every page and frame, the structure, the foreign keys.
    ///
    /// Reads and writes go on meanwhile. Damage is in the report, and no error. A database whose
    /// first page is damaged does not open: for that there is
    /// [`maintenance::verify`](crate::maintenance::verify()).
    ///
    /// # Errors
    /// - [`MaintenanceError::InMemory`]: a database
    ///   in memory has no file.
    /// - [`DatabaseError::Encryption`]: not one page of the file fits the key.
    /// - [`DatabaseConnectionError::Closed`](crate::error::DatabaseConnectionError::Closed): the database has been closed, perhaps meanwhile.
    ///
    /// # Cancel safety
    /// Dropping the future stops the verification.
    ///
    /// # Example
    /// ```
    /// # use kstdb_core::AsyncDatabase;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # if !kstdb_core::is_sqlcipher_available() { return Ok(()) }
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("app.db");
    /// let db = AsyncDatabase::builder(&path).passphrase("correct horse").connect().await?;
    /// let report = db.verify().await?;
    /// assert!(report.is_sound(), "{:?}", report.findings().collect::<Vec<_>>());
    /// # db.close().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn verify(&self) -> Result<VerifyReport, DatabaseError> {
        self.verify_with(&VerifyOptions::default()).await
    }

    /// The same as [`verify`](Self::verify), to another level, on so many threads, or with news of
    /// its progress.
    ///
    /// # Errors
    /// Those of [`verify`](Self::verify).
    ///
    /// # Cancel safety
    /// As for [`verify`](Self::verify).
    pub async fn verify_with(
        &self,
        options: &VerifyOptions,
    ) -> Result<VerifyReport, DatabaseError> {
        verify_pool(self.pool().await?.inner(), options).await
    }
}
