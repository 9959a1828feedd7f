//! Everything about the files of a directory that opening one of them could change.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

/// The entries of a directory, by name.
pub(super) type Folder = BTreeMap<String, Entry>;

/// One entry, as far as it must not change.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) sha256: Option<[u8; 32]>,
    link: Option<PathBuf>,
    mode: u32,
    size_bytes: u64,
    inode: u64,
    names: u64,
    modified: (i64, i64),
}

/// Looks at every entry of a directory.
pub(super) fn look(directory: &Path) -> io::Result<Folder> {
    let mut folder = Folder::new();
    for entry in directory.read_dir()? {
        let path = entry?.path();
        let metadata = path.symlink_metadata()?;
        let name = path.file_name().unwrap_or_default();
        let name = name.to_string_lossy().into_owned();
        let entry = Entry {
            sha256: metadata.is_file().then(|| sha256(&path)).transpose()?,
            link: path.read_link().ok(),
            mode: metadata.mode(),
            size_bytes: metadata.size(),
            inode: metadata.ino(),
            names: metadata.nlink(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        };
        folder.insert(name, entry);
    }
    Ok(folder)
}

/// The hash of a file, even of one whose mode forbids to read it.
fn sha256(path: &Path) -> io::Result<[u8; 32]> {
    let mode = path.metadata()?.permissions();
    let bytes = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            fs::set_permissions(path, Permissions::from_mode(0o600))?;
            let bytes = fs::read(path);
            fs::set_permissions(path, mode)?;
            bytes?
        }
        bytes => bytes?,
    };
    Ok(Sha256::digest(bytes).into())
}
