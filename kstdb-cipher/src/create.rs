//! A new encrypted database, which has its name only when it is whole.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use crate::no_follow;
use crate::page_io::{self, RawFile};
use crate::stack::on_wiped_stack;
use crate::verify::PageVerifier;
use crate::{CipherError, CipherProfile, DerivedKey, apply_derived_key};

/// Creates an encrypted database and says whether this call did.
///
/// The file is written under a temporary name in the same directory (mode `0600`), checked, synced
/// and only then given its name, unless somebody else was faster: then it is removed again and the
/// answer is `false`. So nobody ever sees half a database, and a crash leaves at most a file named
/// `.kstdb-*.new`.
pub(crate) fn create_database(
    path: &Path,
    key: &DerivedKey,
    profile: CipherProfile,
) -> Result<bool, CipherError> {
    let parent = match path.parent() {
        Some(parent) if parent.is_dir() => parent,
        _ => {
            return Err(CipherError::ParentNotFound {
                path: path.to_path_buf(),
            });
        }
    };
    let new = tempfile::Builder::new()
        .prefix(".kstdb-")
        .suffix(".new")
        .tempfile_in(parent)
        .map_err(CipherError::io("create a file in the directory", parent))?;
    make_private(new.as_file()).map_err(CipherError::io("set the mode of the new file", path))?;
    write_first_page(new.path(), key, profile)?;
    if !is_encrypted(new.path(), key, profile)? {
        return Err(CipherError::NewFileNotEncrypted {
            path: path.to_path_buf(),
        });
    }
    new.as_file()
        .sync_all()
        .map_err(CipherError::io("sync the new file", path))?;
    // Close the descriptor while the file is still ours alone: closing it under its final name
    // would drop the locks of whoever in this process opens the database first.
    match new.into_temp_path().persist_noclobber(path) {
        Ok(()) => {}
        Err(refused) if refused.error.kind() == ErrorKind::AlreadyExists => return Ok(false),
        Err(refused) => return Err(CipherError::io("name the new file", path)(refused.error)),
    }
    sync_directory(parent)?;
    Ok(true)
}

/// Gives a file that was made with mode `0600` exactly that mode: a umask can have taken the owner's
/// rights away too. The files beside a database get the mode of the database.
fn make_private(file: &File) -> io::Result<()> {
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(())
}

/// Makes SQLite write the first page: without auto-vacuum, which would hide zeroed pages, and in
/// WAL mode, which the header keeps.
fn write_first_page(
    path: &Path,
    key: &DerivedKey,
    profile: CipherProfile,
) -> Result<(), CipherError> {
    let connection = no_follow::open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
        .map_err(CipherError::sqlite("open the new file"))?;
    apply_derived_key(&connection, key, profile)?;
    // The answer of `journal_mode` is the mode: a file system without shared memory stays with
    // `delete`. Closing would do the same as the checkpoint, and say nothing if the disk is full.
    [
        "PRAGMA auto_vacuum = NONE",
        "PRAGMA user_version = 0",
        "PRAGMA journal_mode = WAL",
        "PRAGMA wal_checkpoint(TRUNCATE)",
    ]
    .into_iter()
    .try_for_each(|statement| run(&connection, statement))
    .map_err(CipherError::sqlite("write the first page"))?;
    connection
        .close()
        .map_err(|(_, source)| CipherError::Sqlite {
            context: "close the new file",
            source,
        })
}

/// Runs a statement to its end: what a row comes before, such as the commit of `journal_mode`, fails
/// after it.
fn run(connection: &Connection, statement: &str) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(statement)?;
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    Ok(())
}

/// Checks the bytes on disk: the salt in front, and a first page that fits the key.
fn is_encrypted(
    path: &Path,
    key: &DerivedKey,
    profile: CipherProfile,
) -> Result<bool, CipherError> {
    let connection = page_io::open(path)?;
    let mut page = vec![0; profile.page_size_bytes];
    let complete = RawFile::of(&connection)?.read_at(&mut page, 0)?;
    let authentic = on_wiped_stack(|| {
        PageVerifier::new(key, profile).is_none_or(|verifier| verifier.page_is_authentic(&page, 1))
    });
    Ok(complete && page.starts_with(&key.salt()) && authentic)
}

/// Makes the name of the new file survive a power failure.
fn sync_directory(directory: &Path) -> Result<(), CipherError> {
    if cfg!(unix) {
        File::open(directory)
            .and_then(|directory| directory.sync_all())
            .map_err(CipherError::io("sync the directory", directory))?;
    }
    Ok(())
}
