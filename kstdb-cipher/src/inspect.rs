//! What a database file is, before anybody opens it as a database.

use std::fs::Metadata;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::apply::PLAINTEXT_MAGIC;
use crate::no_follow;
use crate::page_io::{self, RawFile};
use crate::{CipherError, PathProblem, SALT_BYTES};

/// The smallest page of any SQLite database, in bytes.
pub(crate) const MIN_PAGE_SIZE_BYTES: u64 = 512;

/// Describes a database file and the files beside it, as [`inspect()`] found them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileReport {
    /// The absolute path that was looked at.
    pub path: PathBuf,
    /// The file itself: `path` without the symbolic links in it, where it leads somewhere.
    pub target: PathBuf,
    /// What the file is.
    pub state: FileState,
    /// Its size, in bytes; 0 if there is none.
    pub size_bytes: u64,
    /// Its permission bits, such as `0o600`; `None` if there is no file or no such thing here.
    pub mode: Option<u32>,
    /// Whether the path is a symbolic link. Everything else describes what it leads to.
    pub symlink: bool,
    /// The number of names that the file has. With more than one,
    /// [SQLite can lose track](https://sqlite.org/howtocorrupt.html#_multiple_links_to_the_same_file)
    /// of its journal.
    pub hard_links: u64,
    /// The files that SQLite keeps beside the database.
    pub sidecars: Sidecars,
    /// Whether this process may create them.
    pub may_create_sidecars: bool,
}

/// Says what a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileState {
    /// There is no file.
    Missing,
    /// The file has no bytes.
    Empty,
    /// An unencrypted SQLite database.
    Plaintext {
        /// The size of its pages, in bytes.
        page_size_bytes: u32,
    },
    /// An encrypted database, or not a database: without the key nobody can tell.
    Opaque {
        /// Its first bytes, which are the salt if it is an encrypted database.
        salt: [u8; SALT_BYTES],
    },
    /// The file is smaller than the smallest database, which has 512 bytes.
    TooSmall,
    /// A directory.
    Directory,
    /// A device, a pipe or a socket.
    Special,
}

/// Describes the files that SQLite keeps beside a database while it is open or after a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sidecars {
    /// The [write-ahead log](https://sqlite.org/wal.html): `<name>-wal`.
    pub wal: Sidecar,
    /// The index of the write-ahead log: `<name>-shm`.
    pub shm: Sidecar,
    /// The [rollback journal](https://sqlite.org/tempfiles.html): `<name>-journal`.
    pub journal: Sidecar,
}

/// Describes one file beside a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Sidecar {
    /// Whether there is anything of this name.
    pub present: bool,
    /// Whether it is something else than a file: a symbolic link, wherever it leads, for example.
    pub irregular: bool,
    /// The number of names that the file has; 0 if it does not exist.
    pub hard_links: u64,
    /// Its size, in bytes.
    pub size_bytes: u64,
    /// Its permission bits; `None` if it does not exist or there is no such thing here.
    pub mode: Option<u32>,
}

impl FileReport {
    /// Names the files beside the database that exist and are no plain files: links, or files with
    /// more than one name. Writing to them would write to another file.
    pub fn unsafe_sidecars(&self) -> impl Iterator<Item = PathBuf> {
        let Sidecars { wal, shm, journal } = self.sidecars;
        [("-wal", wal), ("-shm", shm), ("-journal", journal)]
            .into_iter()
            .filter(|(_, sidecar)| sidecar.irregular || sidecar.hard_links > 1)
            .map(|(suffix, _)| sidecar_path(&self.target, suffix))
    }
}

impl FileState {
    /// Says whether the file is an encrypted database, or no database at all.
    #[must_use]
    pub fn is_opaque(&self) -> bool {
        matches!(self, Self::Opaque { .. })
    }

    /// Says whether the file is an unencrypted database.
    #[must_use]
    pub fn is_plaintext(&self) -> bool {
        matches!(self, Self::Plaintext { .. })
    }
}

/// Looks at a database file without opening it as a database.
///
/// Nothing is locked, changed or created, and connections that the process has open to the same
/// file keep their locks. This blocks for a few file operations.
///
/// # Errors
///
/// - [`CipherError::InvalidPath`]: the path is empty or contains a NUL character
/// - [`CipherError::Io`]: the file or one beside it cannot be looked at
/// - [`CipherError::Sqlite`]: the file cannot be read
///
/// # Example
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use kstdb_cipher::{FileState, inspect};
///
/// let dir = tempfile::tempdir()?;
/// assert_eq!(inspect(&dir.path().join("app.db"))?.state, FileState::Missing);
/// assert_eq!(inspect(dir.path())?.state, FileState::Directory);
/// # Ok(())
/// # }
/// ```
pub fn inspect(path: &Path) -> Result<FileReport, CipherError> {
    let path = absolute(path)?;
    let symlink = metadata(&path, Path::symlink_metadata)?.is_some_and(|file| file.is_symlink());
    let file = metadata(&path, Path::metadata)?;
    let target = no_follow::resolve(&path, symlink);
    let (state, size_bytes) = match &file {
        None => (FileState::Missing, 0),
        Some(file) if file.is_dir() => (FileState::Directory, 0),
        Some(file) if !file.is_file() => (FileState::Special, 0),
        // The smallest files are not read: SQLite takes one byte for none.
        Some(file) if file.len() == 0 => (FileState::Empty, 0),
        Some(file) if file.len() < MIN_PAGE_SIZE_BYTES => (FileState::TooSmall, file.len()),
        Some(_) => read_state(&target)?,
    };
    Ok(FileReport {
        state,
        size_bytes,
        mode: file.as_ref().and_then(mode),
        symlink,
        hard_links: file.as_ref().map_or(0, hard_links),
        // SQLite puts them beside what a link leads to.
        sidecars: sidecars(&target)?,
        may_create_sidecars: may_create_beside(&target),
        path,
        target,
    })
}

/// Makes a path that SQLite takes as the name of a file: never as a URI, never as `:memory:`.
pub(crate) fn absolute(path: &Path) -> Result<PathBuf, CipherError> {
    if path.as_os_str().is_empty() {
        return Err(CipherError::InvalidPath {
            problem: PathProblem::Empty,
        });
    }
    if path.as_os_str().as_encoded_bytes().contains(&0) {
        return Err(CipherError::InvalidPath {
            problem: PathProblem::ContainsNul,
        });
    }
    std::path::absolute(path).map_err(|_| CipherError::InvalidPath {
        problem: PathProblem::NoWorkingDirectory,
    })
}

/// Reads the first bytes and the size through SQLite.
fn read_state(path: &Path) -> Result<(FileState, u64), CipherError> {
    let connection = page_io::open(path).map_err(|error| why_not(path, error))?;
    let file = RawFile::of(&connection)?;
    let size_bytes = file.size_bytes()?;
    let mut start = [0; 18];
    // It was larger a moment ago.
    if !file.read_at(&mut start, 0)? {
        return Ok((FileState::TooSmall, size_bytes));
    }
    let (salt, page_size) = start.split_at(SALT_BYTES);
    if salt == PLAINTEXT_MAGIC {
        // Two bytes, where 1 stands for 65 536: https://sqlite.org/fileformat.html#page_size
        let page_size_bytes = match u32::from(page_size[0]) << 8 | u32::from(page_size[1]) {
            1 => 65_536,
            size => size,
        };
        return Ok((FileState::Plaintext { page_size_bytes }, size_bytes));
    }
    let salt = salt.try_into().unwrap_or_default();
    Ok((FileState::Opaque { salt }, size_bytes))
}

/// Looks at the files beside a database.
pub(crate) fn sidecars(target: &Path) -> Result<Sidecars, CipherError> {
    let look = |suffix: &str| -> Result<Sidecar, CipherError> {
        let file = metadata(&sidecar_path(target, suffix), Path::symlink_metadata)?;
        Ok(file.map_or_else(Sidecar::default, |file| Sidecar {
            present: true,
            irregular: !file.is_file(),
            hard_links: hard_links(&file),
            size_bytes: file.len(),
            mode: mode(&file),
        }))
    };
    Ok(Sidecars {
        wal: look("-wal")?,
        shm: look("-shm")?,
        journal: look("-journal")?,
    })
}

/// Asks the system why SQLite cannot open a file: SQLite itself does not say.
fn why_not(path: &Path, error: CipherError) -> CipherError {
    #[cfg(unix)]
    if let Err(denied) = rustix::fs::accessat(
        rustix::fs::CWD,
        path,
        rustix::fs::Access::READ_OK,
        rustix::fs::AtFlags::EACCESS,
    ) {
        return CipherError::io("open the file", path)(denied.into());
    }
    #[cfg(not(unix))]
    let _ = path;
    error
}

/// Asks the system whether this process may create a file in the directory of this one.
fn may_create_beside(target: &Path) -> bool {
    #[cfg(unix)]
    return target.parent().is_some_and(|directory| {
        rustix::fs::accessat(
            rustix::fs::CWD,
            directory,
            rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK,
            rustix::fs::AtFlags::EACCESS,
        )
        .is_ok()
    });
    #[cfg(not(unix))]
    return target.parent().is_some_and(Path::is_dir);
}

/// Names the file that SQLite keeps beside a database.
pub(crate) fn sidecar_path(target: &Path, suffix: &str) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Asks for metadata, where a missing file is an answer.
fn metadata(
    path: &Path,
    ask: impl FnOnce(&Path) -> io::Result<Metadata>,
) -> Result<Option<Metadata>, CipherError> {
    match ask(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(CipherError::io("look at the file", path)(error)),
    }
}

#[cfg(unix)]
fn mode(file: &Metadata) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    Some(file.permissions().mode() & 0o7777)
}

#[cfg(not(unix))]
fn mode(_: &Metadata) -> Option<u32> {
    None
}

#[cfg(unix)]
fn hard_links(file: &Metadata) -> u64 {
    use std::os::unix::fs::MetadataExt;
    file.nlink()
}

#[cfg(not(unix))]
fn hard_links(_: &Metadata) -> u64 {
    1
}
