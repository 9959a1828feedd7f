//! What can go wrong with keys and files, as one enum.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::{CipherCompatibility, KeyError, KeySourceError};

/// Says why a key could not be used or a database not be opened.
///
/// No variant and no cause contains a key, a passphrase or the output of SOPS.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CipherError {
    /// The text cannot be a key.
    #[error("the key cannot be used")]
    Key(#[from] KeyError),

    /// The key source gave no key.
    #[error("the key could not be had from its source")]
    Source(#[from] KeySourceError),

    /// No page of the file fits the key. SQLite cannot tell a wrong key from a file that is no
    /// database, and neither can anyone else.
    #[error("{}: the key is wrong, or the file is not a database", path.display())]
    WrongKey {
        /// The file.
        path: PathBuf,
    },

    /// A key was given, but the file is an unencrypted SQLite database.
    #[error("{}: a key was given, but the database is not encrypted", path.display())]
    PlaintextFile {
        /// The file.
        path: PathBuf,
    },

    /// The file looks encrypted, and no key was given.
    #[error("{}: no key was given, and the file is encrypted or not a database", path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
    },

    /// The file exists and has no bytes. It is never turned into a database without being asked.
    #[error("{}: the file is empty; remove it to have a database created", path.display())]
    EmptyFile {
        /// The file.
        path: PathBuf,
    },

    /// The size of the file is not that of any database.
    #[error("{}: the file is not a database (its size is {size_bytes} bytes)", path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
        /// Its size, in bytes.
        size_bytes: u64,
    },

    /// The key is right, but the database is damaged.
    ///
    /// It also comes up with the *previous* key of a database that was given a new one and whose
    /// write-ahead log was not copied back yet.
    #[error("{}: the key is right, but {damage}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where the damage is.
        damage: Damage,
    },

    /// The key is right, but the file has the format of another SQLCipher version.
    #[error(
        "{}: the key is right, but the file has the settings of SQLCipher {}",
        path.display(), found.version()
    )]
    OtherCipherSettings {
        /// The file.
        path: PathBuf,
        /// The settings that fit.
        found: CipherCompatibility,
    },

    /// The key is right, but the file has pages of another size than its version of SQLCipher gives
    /// it.
    #[error(
        "{}: the key is right, but the pages of the file have {page_size_bytes} bytes",
        path.display()
    )]
    OtherPageSize {
        /// The file.
        path: PathBuf,
        /// The size of its pages, in bytes.
        page_size_bytes: usize,
    },

    /// A new database cannot have pages of 512 bytes: too small for what SQLCipher reserves in them.
    #[error("pages of {page_size_bytes} bytes are too small for a new database")]
    PageTooSmall {
        /// The size that was asked for, in bytes.
        page_size_bytes: usize,
    },

    /// The linked library is plain SQLite, which would ignore the key and write plaintext.
    #[error("the linked SQLite library is not SQLCipher: a key cannot be used")]
    NotSqlcipher,

    /// The connection has a key already; SQLCipher would ignore another one without a word.
    #[error("the connection already has a key")]
    AlreadyKeyed,

    /// There is no file of this name.
    #[error("{}: no such database", path.display())]
    NotFound {
        /// The file.
        path: PathBuf,
    },

    /// The directory that the file would be created in does not exist.
    #[error("{}: its directory does not exist{}", path.display(), tilde_hint(path))]
    ParentNotFound {
        /// The file.
        path: PathBuf,
    },

    /// The name is a symbolic link, and links are not followed, or it leads nowhere.
    #[error("{}: a symbolic link that is not followed or leads nowhere", path.display())]
    Symlink {
        /// The link.
        path: PathBuf,
    },

    /// The file has more than one name, and that was not allowed.
    #[error("{}: the file has {names} names: opened by two of them, it would be damaged", path.display())]
    HardLink {
        /// The name that was to be opened.
        path: PathBuf,
        /// How many names the file has.
        names: u64,
    },

    /// The write-ahead log, its index or the rollback journal is a link or not a file: SQLite would
    /// write to something else.
    #[error("{}: a link or no regular file, where SQLite keeps a file of its own", path.display())]
    UnsafeSidecar {
        /// The file beside the database.
        path: PathBuf,
    },

    /// Group or others have access to the file, and it was to be refused then.
    #[error("{}: others have access to the file: its mode is {mode:04o}", path.display())]
    OpenToOthers {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },

    /// The name is that of a directory, a device, a pipe or a socket.
    #[error("{}: not a regular file", path.display())]
    NotAFile {
        /// The name.
        path: PathBuf,
    },

    /// The path cannot name a file.
    #[error("the path {problem}")]
    InvalidPath {
        /// What is wrong with it.
        problem: PathProblem,
    },

    /// A new database did not come out encrypted under its key; it was removed again.
    #[error("{}: the new database did not come out encrypted as asked", path.display())]
    NewFileNotEncrypted {
        /// The file that was to be created.
        path: PathBuf,
    },

    /// SQLite failed for another reason than the key: busy, locked, no permission, disk full.
    #[error("SQLite failed to {context}")]
    Sqlite {
        /// What was tried.
        context: &'static str,
        /// What SQLite said.
        source: rusqlite::Error,
    },

    /// The sqlx driver failed.
    #[error("the SQLite driver failed to {context}")]
    Driver {
        /// What was tried.
        context: &'static str,
        /// What the driver said.
        source: sqlx::Error,
    },

    /// The operating system failed.
    #[error("{}: failed to {context}", path.display())]
    Io {
        /// What was tried.
        context: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// The caller stopped the work; nothing was changed.
    #[error("stopped by the caller")]
    Cancelled,

    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    Random,

    /// There is no tokio runtime, or it stopped before the work was done.
    #[error("there is no running tokio runtime")]
    NoRuntime,
}

/// Says where a database is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// The first page does not fit the key, but others do.
    #[error("the first page of the database is damaged")]
    FirstPage,
    /// The first page fits the key, and the schema still cannot be read.
    #[error("the database is damaged after its first page")]
    LaterPage,
    /// The first page fits the key, in the file or in its write-ahead log, and says of all pages
    /// what is not so. SQLite would believe it and SQLCipher not, so that both would read and write
    /// beyond the end of memory. No SQLCipher writes such a page: it was made to do harm.
    #[error(
        "its first page says falsely that pages have {page_size_bytes} bytes, {reserve_bytes} of them in reserve"
    )]
    FalseHeader {
        /// The size of a page, in bytes, by the first page.
        page_size_bytes: u32,
        /// How much of that is not SQLite's, in bytes, by the first page.
        reserve_bytes: u8,
    },
    /// The write-ahead log says that it has pages of another size.
    #[error("its write-ahead log says falsely that pages have {page_size_bytes} bytes")]
    FalseLog {
        /// The size of a page, in bytes, by the log.
        page_size_bytes: u32,
    },
}

/// Says why a path cannot name a database file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathProblem {
    /// It has no characters.
    #[error("is empty")]
    Empty,
    /// It contains a NUL character.
    #[error("contains a NUL character")]
    ContainsNul,
    /// It is relative, and the working directory is not known.
    #[error("is relative, and there is no working directory")]
    NoWorkingDirectory,
}

impl CipherError {
    /// Says whether the key is wrong (or the file is not a database: nobody can tell).
    #[must_use]
    pub fn is_wrong_key(&self) -> bool {
        matches!(self, Self::WrongKey { .. })
    }

    /// Says whether the linked library is plain SQLite.
    #[must_use]
    pub fn is_not_sqlcipher(&self) -> bool {
        matches!(self, Self::NotSqlcipher)
    }

    /// Says whether the key is right but the file is damaged.
    #[must_use]
    pub fn is_damaged(&self) -> bool {
        matches!(self, Self::Damaged { .. })
    }

    /// Says whether the same call can succeed later: busy, locked, cannot open, I/O error;
    /// not a lack of permission or of space that the system reported.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        use rusqlite::ffi::{SQLITE_BUSY, SQLITE_CANTOPEN, SQLITE_IOERR, SQLITE_LOCKED};
        match self {
            Self::Io { source, .. } => !matches!(
                source.kind(),
                ErrorKind::PermissionDenied
                    | ErrorKind::ReadOnlyFilesystem
                    | ErrorKind::StorageFull
                    | ErrorKind::QuotaExceeded
            ),
            Self::Sqlite { .. } | Self::Driver { .. } => self.sqlite_code().is_some_and(|code| {
                matches!(
                    code & 0xff,
                    SQLITE_BUSY | SQLITE_LOCKED | SQLITE_CANTOPEN | SQLITE_IOERR
                )
            }),
            _ => false,
        }
    }

    /// Says whether somebody else uses the file just now.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        use rusqlite::ffi::{SQLITE_BUSY, SQLITE_LOCKED};
        self.sqlite_code()
            .is_some_and(|code| matches!(code & 0xff, SQLITE_BUSY | SQLITE_LOCKED))
    }

    /// Gives SQLite's [extended result code](https://sqlite.org/rescode.html), if it was SQLite
    /// that failed.
    #[must_use]
    pub fn sqlite_code(&self) -> Option<i32> {
        match self {
            Self::Sqlite { source, .. } => source.sqlite_error().map(|error| error.extended_code),
            Self::Driver { source, .. } => source.as_database_error()?.code()?.parse().ok(),
            _ => None,
        }
    }

    /// Keeps what SQLite said, with what was tried.
    pub(crate) fn sqlite(context: &'static str) -> impl FnOnce(rusqlite::Error) -> Self {
        move |source| Self::Sqlite { context, source }
    }

    /// Keeps what the system said, with what was tried on which file.
    pub(crate) fn io(context: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io {
            context,
            path,
            source,
        }
    }
}

/// Explains the commonest cause of a missing directory: only shells expand `~`.
fn tilde_hint(path: &Path) -> &'static str {
    let has_tilde = path.components().any(|part| {
        part.as_os_str()
            .to_str()
            .is_some_and(|name| name.starts_with('~'))
    });
    if has_tilde {
        " (`~` is not expanded)"
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sqlite(code: i32) -> CipherError {
        let source = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None);
        CipherError::sqlite("try")(source)
    }

    #[test]
    fn what_can_pass_is_retryable() {
        for code in [5, 261, 517, 6, 14, 10, 778] {
            assert!(sqlite(code).is_retryable(), "{code}");
        }
        for code in [1, 7, 11, 13, 26] {
            assert!(!sqlite(code).is_retryable(), "{code}");
        }
        assert!(!CipherError::NotSqlcipher.is_retryable());
    }

    #[test]
    fn a_missing_directory_behind_a_tilde_is_explained() {
        let error = |path: &str| CipherError::ParentNotFound { path: path.into() }.to_string();
        assert!(error("/home/me/~/app.db").contains("`~` is not expanded"));
        assert!(!error("/home/me/data/app.db").contains('~'));
    }

    #[test]
    fn a_wrong_key_says_that_it_may_be_no_database() {
        let error = CipherError::WrongKey {
            path: "app.db".into(),
        };
        assert!(error.is_wrong_key());
        assert_eq!(
            error.to_string(),
            "app.db: the key is wrong, or the file is not a database"
        );
    }
}
