//! What a path names: a file, made absolute, or a database in memory.

use std::path::{Path, PathBuf};

use crate::error::{DatabaseConnectionError, DatabaseError};

/// What is to be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// An absolute path: SQLite takes one that begins with `file:` for a URI.
    File(PathBuf),
    Memory,
}

impl Target {
    /// SQLite's name for a database in memory.
    pub(crate) const MEMORY: &str = ":memory:";

    pub(crate) fn new(path: &Path) -> Result<Self, DatabaseError> {
        let unusable = |reason| DatabaseConnectionError::UnusablePath {
            path: path.to_owned(),
            reason,
        };
        match path.to_str() {
            None => Err(unusable("it is not valid UTF-8").into()),
            Some("") => Err(unusable("it is empty").into()),
            Some(Self::MEMORY) => Ok(Self::Memory),
            Some(text) if text.contains('\0') => Err(unusable("it holds a NUL byte").into()),
            Some(text) if text.starts_with("file:") => {
                Err(unusable("URIs are not read: their parameters could switch safety off").into())
            }
            Some(_) => std::path::absolute(path).map(Self::File).map_err(|source| {
                DatabaseConnectionError::Io {
                    path: path.to_owned(),
                    source,
                }
                .into()
            }),
        }
    }

    /// What messages call it.
    pub(crate) fn path(&self) -> PathBuf {
        match self {
            Self::File(path) => path.clone(),
            Self::Memory => PathBuf::from(Self::MEMORY),
        }
    }

    pub(crate) fn is_memory(&self) -> bool {
        *self == Self::Memory
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_path_becomes_absolute() -> Result<(), DatabaseError> {
        let Target::File(path) = Target::new(Path::new("app.db"))? else {
            return Err(DatabaseConnectionError::Closed.into());
        };
        assert!(path.is_absolute());
        Ok(())
    }

    #[test]
    fn what_sqlite_would_read_differently_is_refused() {
        for path in ["", "file:app.db?mode=memory", "a\0b"] {
            assert!(Target::new(Path::new(path)).is_err(), "{path:?}");
        }
    }
}
