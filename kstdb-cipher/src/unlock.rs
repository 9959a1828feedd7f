//! Opening a database file for the first time: look, derive once, prove the key, or say why not.

use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::apply::{read_schema, speaks_of_the_key};
use crate::beside::{PATIENCE, roll_back};
use crate::create::create_database;
use crate::diagnose::explain;
use crate::inspect::{FileReport, FileState};
use crate::{
    CipherCompatibility, CipherError, CipherKey, CipherProfile, DerivedKey, KeyCache, SALT_BYTES,
    apply_derived_key, check_log, inspect, is_sqlcipher_available, no_follow, random_salt,
};

/// How often a file may come and go while it is being created.
const CREATE_ATTEMPTS: u32 = 3;

/// Says how [`unlock`] and [`connect()`](crate::connect()) treat the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
#[must_use = "options do nothing until they are given to unlock or connect"]
pub struct UnlockOptions {
    /// The format of the file. Default: that of [`CipherCompatibility::V4`].
    pub profile: CipherProfile,
    /// Whether a missing file becomes a new database. Default: no.
    pub create_if_missing: bool,
    /// Whether the path may be a symbolic link. Default: no.
    pub follow_symlinks: bool,
    /// Whether the file may have more than one name. Default: no.
    pub allow_hard_links: bool,
    /// Whether the file must be its owner's alone. Default: no.
    pub require_private: bool,
    /// Whether nobody changes the file meanwhile. Default: no.
    pub immutable: bool,
}

/// Gives what [`unlock`] found out: the key for every further connection.
#[derive(Debug)]
#[non_exhaustive]
pub struct Unlocked {
    /// The key of the file, for [`apply_derived_key`].
    pub derived: DerivedKey,
    /// Whether the file was created by this call.
    pub created: bool,
    /// The file itself, with no symbolic link in its path: [`FileReport::target`].
    pub target: PathBuf,
}

impl UnlockOptions {
    /// Gives the defaults: a file of SQLCipher 4 that exists and is not a symbolic link.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the format of the file to that of a generation. Default: [`CipherCompatibility::V4`].
    pub fn compatibility(self, compatibility: CipherCompatibility) -> Self {
        self.profile(compatibility.profile())
    }

    /// Sets the format of the file, if its page size or its rounds are not those of a generation.
    pub fn profile(mut self, profile: CipherProfile) -> Self {
        self.profile = profile;
        self
    }

    /// Sets whether a missing file becomes a new database. Default: no.
    pub fn create_if_missing(mut self, create: bool) -> Self {
        self.create_if_missing = create;
        self
    }

    /// Sets whether the path may be a symbolic link. Default: no.
    ///
    /// The directories above the file are never asked.
    pub fn follow_symlinks(mut self, follow: bool) -> Self {
        self.follow_symlinks = follow;
        self
    }

    /// Sets whether the file may have more than one name. Default: no.
    ///
    /// Opened under two names at once, a database is
    /// [damaged](https://sqlite.org/howtocorrupt.html#_multiple_links_to_the_same_file): each name
    /// has a write-ahead log of its own.
    pub fn allow_hard_links(mut self, allow: bool) -> Self {
        self.allow_hard_links = allow;
        self
    }

    /// Sets whether a file that group or others have access to is refused. Default: no; it is
    /// opened, and its mode left as it is. Systems without such modes have nothing to refuse.
    pub fn require_private(mut self, require: bool) -> Self {
        self.require_private = require;
        self
    }

    /// Sets whether nobody changes the file meanwhile, for which the caller vouches. Default: no.
    ///
    /// The file is then [read as it lies](https://sqlite.org/uri.html#uriimmutable): without locks,
    /// and without a look at its write-ahead log or journal. So it can be in a directory where none
    /// can be created.
    pub fn immutable(mut self, immutable: bool) -> Self {
        self.immutable = immutable;
        self
    }

    /// Refuses what these options do not allow: links, and files that others have access to.
    ///
    /// [`unlock`] asks this itself. A file that does not exist is refused for what lies beside it
    /// only.
    ///
    /// # Errors
    ///
    /// - [`CipherError::Symlink`]: a symbolic link that is not followed, or leads nowhere
    /// - [`CipherError::HardLink`]: the file has more than one name
    /// - [`CipherError::UnsafeSidecar`]: the file beside it that SQLite would write to is a link
    /// - [`CipherError::OpenToOthers`]: others have access to the file
    pub fn check(&self, report: &FileReport) -> Result<(), CipherError> {
        const OTHERS: u32 = 0o077;
        let path = || report.path.clone();
        let dangling = report.symlink && report.state == FileState::Missing;
        if dangling || (report.symlink && !self.follow_symlinks) {
            return Err(CipherError::Symlink { path: path() });
        }
        // Directories have a name more for each directory in them.
        let is_file = !matches!(report.state, FileState::Directory | FileState::Special);
        if is_file && report.hard_links > 1 && !self.allow_hard_links {
            return Err(CipherError::HardLink {
                path: path(),
                names: report.hard_links,
            });
        }
        if let Some(path) = report.unsafe_sidecars().next() {
            return Err(CipherError::UnsafeSidecar { path });
        }
        match report.mode {
            Some(mode) if is_file && self.require_private && mode & OTHERS != 0 => {
                Err(CipherError::OpenToOthers { path: path(), mode })
            }
            _ => Ok(()),
        }
    }
}

/// Proves that a key opens a database file, and derives it once for all connections.
///
/// The file is looked at first ([`inspect()`](crate::inspect())), then the key is derived with the
/// file's salt, then one connection reads the schema and is closed again. Like any first
/// connection, it recovers a journal or write-ahead log that a crash left behind. If the key does
/// not fit, the bytes of the database stay as they are, and its pages are asked for the reason.
///
/// With [`create_if_missing`](UnlockOptions::create_if_missing), a missing file becomes an
/// encrypted database of mode `0600`, in WAL mode, without auto-vacuum. It appears under its name
/// whole or not at all; if another process is faster, its database is taken.
///
/// This blocks, for 0.1 to 0.2 s of CPU time with a passphrase: run it on a blocking thread. Right
/// or wrong, a key costs one full-strength derivation.
///
/// # Errors
///
/// - [`CipherError::NotSqlcipher`]: the library is plain SQLite
/// - [`CipherError::InvalidPath`], [`NotFound`](CipherError::NotFound),
///   [`ParentNotFound`](CipherError::ParentNotFound), [`NotAFile`](CipherError::NotAFile): the path
///   does not lead to a file
/// - those of [`UnlockOptions::check`]: links, and files that others have access to
/// - [`CipherError::EmptyFile`], [`PlaintextFile`](CipherError::PlaintextFile),
///   [`NotADatabase`](CipherError::NotADatabase): the file is not an encrypted database
/// - [`CipherError::WrongKey`]: the key does not fit any page
/// - [`CipherError::OtherCipherSettings`], [`OtherPageSize`](CipherError::OtherPageSize): the key
///   fits, with the settings of another version or pages of another size
/// - [`CipherError::Damaged`]: the key fits some pages only, or the first page or the write-ahead log
///   says of all pages what is not so
/// - [`CipherError::Sqlite`], [`Io`](CipherError::Io): busy, locked, no permission, disk full
/// - [`CipherError::NewFileNotEncrypted`], [`PageTooSmall`](CipherError::PageTooSmall),
///   [`Random`](CipherError::Random): nothing was created
pub fn unlock(
    path: &Path,
    key: &CipherKey,
    options: &UnlockOptions,
) -> Result<Unlocked, CipherError> {
    unlock_with(path, key, options, None)
}

/// Does the same as [`unlock`], and takes the derived key out of a cache if it is there.
///
/// With a key in the cache this takes 1 ms. A key that opens the file is put into the cache.
///
/// # Errors
///
/// Those of [`unlock`].
///
/// # Security
///
/// See [`KeyCache`] for what is kept in memory, and how long.
pub fn unlock_with(
    path: &Path,
    key: &CipherKey,
    options: &UnlockOptions,
    cache: Option<&KeyCache>,
) -> Result<Unlocked, CipherError> {
    if !is_sqlcipher_available() {
        return Err(CipherError::NotSqlcipher);
    }
    for _ in 0..CREATE_ATTEMPTS {
        let report = look(path, options)?;
        if let FileState::Opaque { salt } = report.state {
            let attempt = Attempt {
                keep_wal: report.sidecars.wal.present,
                path: report.path,
                target: report.target,
                key,
                file_salt: salt,
                profile: options.profile,
                immutable: options.immutable,
            };
            return Ok(Unlocked {
                derived: attempt.open_existing(cache)?,
                created: false,
                target: attempt.target,
            });
        }
        // `look` lets only a missing file that is wanted through.
        let derived = DerivedKey::derive(key, random_salt()?, options.profile);
        if create_database(&report.target, &derived, options.profile)? {
            if let Some(cache) = cache
                && let Some(tag) = cache.tag(key, derived.salt(), options.profile)
            {
                cache.remember(tag, &derived);
            }
            return Ok(Unlocked {
                derived,
                created: true,
                target: report.target,
            });
        }
    }
    Err(CipherError::NotFound {
        path: path.to_path_buf(),
    })
}

/// Lets encrypted files and missing files that may be created through, and refuses the rest.
fn look(path: &Path, options: &UnlockOptions) -> Result<FileReport, CipherError> {
    let report = inspect(path)?;
    options.check(&report)?;
    let path = report.path.clone();
    match report.state {
        FileState::Opaque { .. } => Ok(report),
        FileState::Missing if options.create_if_missing => Ok(report),
        FileState::Missing => Err(CipherError::NotFound { path }),
        FileState::Empty => Err(CipherError::EmptyFile { path }),
        FileState::Plaintext { .. } => Err(CipherError::PlaintextFile { path }),
        FileState::TooSmall => Err(CipherError::NotADatabase {
            path,
            size_bytes: report.size_bytes,
        }),
        FileState::Directory | FileState::Special => Err(CipherError::NotAFile { path }),
    }
}

/// An existing file and the key that is tried on it.
pub(crate) struct Attempt<'k> {
    /// What messages call it.
    pub(crate) path: PathBuf,
    /// What is opened: no link.
    pub(crate) target: PathBuf,
    pub(crate) key: &'k CipherKey,
    pub(crate) file_salt: [u8; SALT_BYTES],
    pub(crate) profile: CipherProfile,
    immutable: bool,
    /// There is a write-ahead log, which a connection without the right key must not copy back.
    keep_wal: bool,
}

impl Attempt<'_> {
    /// Derives the key and proves it, or says why it does not fit.
    fn open_existing(&self, cache: Option<&KeyCache>) -> Result<DerivedKey, CipherError> {
        let known = cache
            .and_then(|cache| Some((cache, cache.tag(self.key, self.file_salt, self.profile)?)));
        let recalled = known.as_ref().and_then(|(cache, tag)| cache.recall(tag));
        let derived =
            recalled.unwrap_or_else(|| DerivedKey::derive(self.key, self.file_salt, self.profile));
        let connection = match self.open_keyed(&derived, self.profile) {
            // Nothing that lies on the disk fits.
            Err(CipherError::WrongKey { .. }) => return Err(explain(self, &derived)?),
            opened => opened?,
        };
        match read_schema(&connection) {
            Ok(()) => {
                set_checkpoint_on_close(&connection, true)?;
                connection
                    .close()
                    .map_err(|(_, source)| CipherError::Sqlite {
                        context: "close the database",
                        source,
                    })?;
                if let Some((cache, tag)) = known {
                    cache.remember(tag, &derived);
                }
                Ok(derived)
            }
            Err(error) if speaks_of_the_key(&error) => {
                drop(connection);
                Err(explain(self, &derived)?)
            }
            Err(source) => Err(CipherError::Sqlite {
                context: "read the schema",
                source,
            }),
        }
    }

    /// Opens a connection with a key, which is not proved yet. What SQLite reads first is proved to
    /// be harmless, under this key.
    pub(crate) fn open_keyed(
        &self,
        derived: &DerivedKey,
        profile: CipherProfile,
    ) -> Result<Connection, CipherError> {
        let refused = |error| match error {
            CipherError::Damaged { damage, .. } => {
                let path = self.path.clone();
                CipherError::Damaged { path, damage }
            }
            error => error,
        };
        if !self.immutable {
            roll_back(&self.target, PATIENCE)?;
            check_log(&self.target, derived, profile).map_err(refused)?;
        }
        let connection = if self.immutable {
            no_follow::open_immutable(&self.target)
        } else {
            // SQLite falls back to reading only if the file does not permit more.
            no_follow::open(&self.target, OpenFlags::SQLITE_OPEN_READ_WRITE)
        };
        let connection = connection.map_err(CipherError::sqlite("open the database"))?;
        set_checkpoint_on_close(&connection, !self.keep_wal)?;
        apply_derived_key(&connection, derived, profile).map_err(refused)?;
        Ok(connection)
    }
}

fn set_checkpoint_on_close(connection: &Connection, checkpoint: bool) -> Result<(), CipherError> {
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !checkpoint)
        .map(drop)
        .map_err(CipherError::sqlite("configure the connection"))
}
