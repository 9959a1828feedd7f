//! From files to migrations.

use std::fs::{self, DirEntry};
use std::path::PathBuf;

use sha2::{Digest, Sha384};

use crate::migrations::file_name::FileName;
use crate::migrations::{Folder, Kind, MigrationsError};

/// Bytes of a SHA-384, which is what sqlx keeps of a migration.
const CHECKSUM_BYTES: usize = 48;

/// One file.
#[derive(Debug)]
pub(crate) struct Migration {
    pub(crate) version: i64,
    pub(crate) description: String,
    pub(crate) kind: Kind,
    /// The name of the file.
    pub(crate) file: String,
    /// The statements.
    pub(crate) sql: String,
    /// The absolute path, UTF-8.
    pub(crate) path: String,
    /// SHA-384 of the text without its `\r`: a checkout with CRLF is the same migration, and a file with LF has the
    /// checksum that sqlx-cli gives it.
    pub(crate) checksum: [u8; CHECKSUM_BYTES],
    /// The file asks to run outside a transaction: it starts with `-- no-transaction`.
    pub(crate) no_tx: bool,
}

/// A file that is called as a migration is.
struct Named {
    name: FileName,
    file: String,
    path: PathBuf,
}

/// Reads the migrations of `folder` by version, the way up before the way down.
///
/// # Errors
/// - all that is wrong with the folder: the names of its files, their versions, their texts; never an empty list.
pub(crate) fn read(folder: &Folder) -> Result<Vec<Migration>, Vec<MigrationsError>> {
    let mut errors = Vec::new();
    let mut files = Vec::new();
    for path in list(folder).map_err(|error| vec![error])? {
        let file = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        match FileName::parse(&file) {
            Ok(Some(name)) => files.push(Named { name, file, path }),
            Ok(None) => {}
            Err(error) => errors.push(error),
        }
    }
    if files.is_empty() && errors.is_empty() {
        return Err(vec![MigrationsError::Empty {
            folder: folder.shown.clone(),
        }]);
    }
    // The sort is stable: files that claim the same version stay in the order of their names.
    files.sort_by_key(|Named { name, .. }| (name.version, name.kind));
    errors.extend(contradictions(&files));

    let mut migrations = Vec::with_capacity(files.len());
    for named in files {
        match migration(named, folder) {
            Ok(migration) => migrations.push(migration),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() {
        Ok(migrations)
    } else {
        Err(errors)
    }
}

/// What is in the folder, by name and without the folders in it.
fn list(folder: &Folder) -> Result<Vec<PathBuf>, MigrationsError> {
    let unreadable = |source| MigrationsError::Read {
        path: folder.shown.clone(),
        source,
    };
    let entries: Vec<DirEntry> = fs::read_dir(&folder.path)
        .and_then(Iterator::collect)
        .map_err(unreadable)?;
    let mut paths: Vec<_> = entries.iter().map(DirEntry::path).collect();
    paths.retain(|path| !path.is_dir());
    paths.sort();
    Ok(paths)
}

fn migration(named: Named, folder: &Folder) -> Result<Migration, MigrationsError> {
    let Named { name, file, path } = named;
    let unreadable = |source| MigrationsError::Read {
        path: file.clone(),
        source,
    };
    let target = path.canonicalize().map_err(unreadable)?;
    if !target.starts_with(&folder.path) {
        return Err(MigrationsError::Outside { file });
    }
    let sql = match String::from_utf8(fs::read(&target).map_err(unreadable)?) {
        Ok(sql) => sql,
        Err(error) => {
            let offset = error.utf8_error().valid_up_to();
            return Err(MigrationsError::NotUtf8 { file, offset });
        }
    };
    if let Some(offset) = sql.find('\0') {
        return Err(MigrationsError::Nul { file, offset });
    }
    let path =
        path.into_os_string()
            .into_string()
            .map_err(|path| MigrationsError::PathNotUtf8 {
                path: path.to_string_lossy().into_owned(),
            })?;
    Ok(Migration {
        version: name.version,
        description: name.description,
        kind: name.kind,
        path,
        checksum: checksum(&sql),
        no_tx: sql.starts_with("-- no-transaction"),
        file,
        sql,
    })
}

fn checksum(sql: &str) -> [u8; CHECKSUM_BYTES] {
    let mut hash = Sha384::new();
    for line in sql.split('\r') {
        hash.update(line);
    }
    hash.finalize().into()
}

/// What is wrong between files, given in the order of version and kind.
fn contradictions(files: &[Named]) -> Vec<MigrationsError> {
    let mut errors = Vec::new();
    for same in files.chunk_by(|one, other| one.name.version == other.name.version) {
        let version = same[0].name.version;
        for pair in same.windows(2) {
            if (pair[0].name.kind, pair[1].name.kind) != (Kind::Up, Kind::Down) {
                let (first, second) = (pair[0].file.clone(), pair[1].file.clone());
                errors.push(MigrationsError::Duplicate {
                    first,
                    second,
                    version,
                });
            }
        }
        if same[0].name.kind == Kind::Down {
            errors.push(MigrationsError::DownWithoutUp {
                file: same[0].file.clone(),
                version,
            });
        }
    }
    errors
}
