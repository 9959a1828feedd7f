//! What can be wrong with a migrations folder.

use std::io;

/// A fault that stops the macros, told in the words of the user's own paths.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MigrationsError {
    /// No path was given, and none of the usual places has a folder.
    #[error(
        "found no migrations folder: there is no `migrations` beside Cargo.toml or in the workspace root; \
         create one, or name yours with `[package.metadata.kstdb] migrations = \"..\"`"
    )]
    NotFound,
    /// The path that was given, or that Cargo.toml names, leads nowhere.
    #[error("the folder `{folder}` does not exist; paths start at the directory of Cargo.toml")]
    Missing { folder: String },
    /// The path is a file.
    #[error("`{folder}` is not a folder")]
    NotAFolder { folder: String },
    /// The folder holds no migration.
    #[error(
        "the folder `{folder}` holds no migration; the first one is a file such as `0001_create_users.sql`"
    )]
    Empty { folder: String },
    /// The operating system refused to read.
    #[error("cannot read `{path}`")]
    Read {
        path: String,
        #[source]
        source: io::Error,
    },
    /// An `.sql` file is not called as a migration is.
    #[error(
        "`{file}` is not called `<version>_<description>.sql`, such as `0001_create_users.sql`; \
         rename it or move it out of the folder"
    )]
    Name { file: String },
    /// A version that is no positive `i64`.
    #[error("`{file}`: a version is a number from 1 to {}", i64::MAX)]
    Version { file: String },
    /// Two files claim one version.
    #[error("`{first}` and `{second}` both are version {version}")]
    Duplicate {
        first: String,
        second: String,
        version: i64,
    },
    /// A way down without the way up.
    #[error("`{file}` undoes version {version}, but no `.up.sql` file of that version is there")]
    DownWithoutUp { file: String, version: i64 },
    /// A link to a file that is not part of the folder.
    #[error("`{file}` is a link that leads out of the folder")]
    Outside { file: String },
    /// A file or a path that is not text.
    #[error("`{file}` is not UTF-8: byte {offset} is not text")]
    NotUtf8 { file: String, offset: usize },
    /// A path that cannot be written into source code.
    #[error("the path `{path}` is not UTF-8")]
    PathNotUtf8 { path: String },
    /// A NUL, where SQLite would stop reading.
    #[error("`{file}` has a NUL at byte {offset}: SQLite would ignore all that follows")]
    Nul { file: String, offset: usize },
    /// Cargo.toml says something else than a path.
    #[error("`{manifest}`: {reason}")]
    Manifest { manifest: String, reason: String },
}
