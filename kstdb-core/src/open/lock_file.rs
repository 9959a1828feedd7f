//! Files beside a database that processes lock: closing a descriptor of the database itself would
//! drop the locks that SQLite holds on it.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::create_private;

/// The path of a database with something at its end: `app.db-migrate-lock`.
pub(crate) fn lock_path(database: &Path, suffix: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Opens such a file, or makes it, for its owner alone; never what a link leads to.
pub(crate) fn open_lock_file(path: &Path) -> io::Result<File> {
    match create_private(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            if path.symlink_metadata()?.is_file() {
                OpenOptions::new().read(true).write(true).open(path)
            } else {
                Err(io::Error::new(
                    io::ErrorKind::InvalidInput,
                    "it is not a regular file",
                ))
            }
        }
        opened => opened,
    }
}

/// Tells whether the file still has this name: another process may have replaced or removed it.
#[cfg(unix)]
pub(crate) fn is_same_file(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    let place = |found: std::fs::Metadata| (found.dev(), found.ino());
    match (file.metadata(), path.symlink_metadata()) {
        (Ok(open), Ok(named)) => place(open) == place(named),
        _ => false,
    }
}

#[cfg(not(unix))]
pub(crate) fn is_same_file(_: &File, path: &Path) -> bool {
    path.exists()
}
