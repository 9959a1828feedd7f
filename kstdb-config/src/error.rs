//! What can go wrong while settings are loaded.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::limits;
use crate::provenance::Layer;

/// Why the settings could not be loaded.
///
/// # Security
/// No message and no field holds a value of a settings file or of a variable. A parser's own
/// text, which quotes the file, is dropped: its position is kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A file that was named is not there.
    #[error("settings file {} does not exist", path.display())]
    NotFound {
        /// The missing file.
        path: PathBuf,
    },
    /// A file is there and cannot be read, or is no regular file.
    #[error("cannot read settings file {}", path.display())]
    Read {
        /// The unreadable file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A file is larger than [`limits::FILE_BYTES`].
    #[error("settings file {} is larger than {} bytes", path.display(), limits::FILE_BYTES)]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// A file's name does not end in `.yml`, `.yaml`, `.toml`, `.json` or `.ini`.
    #[error("settings file {} is of no known format, expected {expected}", path.display())]
    UnsupportedFormat {
        /// The file.
        path: PathBuf,
        /// The endings that are known.
        expected: &'static str,
    },
    /// A file cannot be understood as its format, or breaks a rule that holds for all formats.
    #[error("settings file {}{}: {problem}", path.display(), AtPosition(*position))]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where, if the format's parser says so.
        position: Option<Position>,
        /// What is wrong.
        problem: FileProblem,
    },
    /// An `include` names a file that must not or cannot be included.
    #[error("{} includes {}: {problem}", path.display(), include.display())]
    Include {
        /// The including file.
        path: PathBuf,
        /// The name that it includes.
        include: PathBuf,
        /// What is wrong.
        problem: IncludeProblem,
    },
    /// A key below `db`, or a `KSTDB__` variable, is no setting.
    #[error("unknown key `{key}` in {layer}{}", DidYouMean(*nearest))]
    UnknownKey {
        /// Where the key stands.
        layer: Layer,
        /// The key.
        key: String,
        /// The known key that resembles it most, if any does.
        nearest: Option<&'static str>,
    },
    /// A value is of the wrong type or is no choice of its setting.
    #[error("`{key}` in {layer} must be {expected}, found {found}")]
    WrongType {
        /// Where the value stands.
        layer: Layer,
        /// The key.
        key: String,
        /// What the setting takes.
        expected: &'static str,
        /// The kind of value that is there.
        found: &'static str,
    },
    /// A number is NaN or infinite.
    #[error("`{key}` in {layer} must be a finite number")]
    NotFinite {
        /// Where the value stands.
        layer: Layer,
        /// The key.
        key: String,
    },
    /// A value is still encrypted by SOPS: the file was not decrypted.
    #[error("`{key}` in {layer} is encrypted by sops, and only a file named *.sops.* is decrypted")]
    EncryptedValue {
        /// Where the value stands.
        layer: Layer,
        /// The key.
        key: String,
    },
    /// A file is encrypted by SOPS and the loader was given no way to decrypt it.
    #[error("settings file {} is encrypted by sops and nothing was set to decrypt it", path.display())]
    NoDecryption {
        /// The encrypted file.
        path: PathBuf,
    },
    /// A file encrypted by SOPS could not be decrypted.
    #[error("cannot decrypt settings file {}", path.display())]
    Decryption {
        /// The encrypted file.
        path: PathBuf,
        /// What the decryption said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The variable that should name a file is unset or empty.
    #[error("environment variable {variable} is not set or empty")]
    VariableNotSet {
        /// The name of the variable.
        variable: String,
    },
    /// The working directory, from which relative paths start, is unknown.
    #[error("cannot tell the working directory")]
    WorkingDirectory {
        /// What the operating system said.
        source: io::Error,
    },
}

impl ConfigError {
    /// Whether a file that was named or included does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(
            self,
            Self::NotFound { .. }
                | Self::Include {
                    problem: IncludeProblem::NotFound,
                    ..
                }
        )
    }

    /// Whether a file is encrypted and stayed so.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        matches!(
            self,
            Self::EncryptedValue { .. } | Self::NoDecryption { .. } | Self::Decryption { .. }
        )
    }

    /// The file that is at fault, if a file is.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::NotFound { path }
            | Self::Read { path, .. }
            | Self::TooLarge { path }
            | Self::UnsupportedFormat { path, .. }
            | Self::Malformed { path, .. }
            | Self::Include { path, .. }
            | Self::NoDecryption { path }
            | Self::Decryption { path, .. } => Some(path),
            Self::UnknownKey { layer, .. }
            | Self::WrongType { layer, .. }
            | Self::NotFinite { layer, .. }
            | Self::EncryptedValue { layer, .. } => layer.path(),
            Self::VariableNotSet { .. } | Self::WorkingDirectory { .. } => None,
        }
    }

    /// The dotted key that is at fault, if a single key is.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::UnknownKey { key, .. }
            | Self::WrongType { key, .. }
            | Self::NotFinite { key, .. }
            | Self::EncryptedValue { key, .. }
            | Self::Malformed {
                problem: FileProblem::DuplicateKey { key },
                ..
            } => Some(key),
            _ => None,
        }
    }

    /// What the setting at fault takes, such as `a whole number`.
    #[must_use]
    pub fn expected(&self) -> Option<&'static str> {
        match self {
            Self::WrongType { expected, .. } | Self::UnsupportedFormat { expected, .. } => {
                Some(expected)
            }
            _ => None,
        }
    }
}

/// A place in a text file, both numbers counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

impl Position {
    /// The position right behind `text`.
    pub(crate) fn behind(text: &str) -> Self {
        let line = text.matches('\n').count() + 1;
        let column = text.chars().rev().take_while(|&c| c != '\n').count() + 1;
        Self { line, column }
    }
}

/// What is wrong with the text of a settings file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileProblem {
    /// The bytes are no UTF-8.
    NotUtf8,
    /// The text is not of its format.
    Syntax {
        /// The name of the format.
        format: &'static str,
    },
    /// A table holds the same key twice. In YAML only what can become a setting is looked at.
    DuplicateKey {
        /// The key, without the tables around it.
        key: String,
    },
    /// Lists and tables are nested deeper than anything that is written by hand.
    TooDeep,
    /// YAML aliases repeat more text than a whole file may hold.
    TooManyAliases,
    /// A YAML file holds more than one document.
    SeveralDocuments,
    /// The file is a list or a single value.
    NotATable,
}

impl fmt::Display for FileProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8 => f.write_str("not valid UTF-8"),
            Self::Syntax { format } => write!(f, "not valid {format}"),
            Self::DuplicateKey { key } => write!(f, "duplicate key `{key}`"),
            Self::TooDeep => f.write_str("nested too deeply"),
            Self::TooManyAliases => f.write_str("aliases expand to too much text"),
            Self::SeveralDocuments => f.write_str("more than one YAML document"),
            Self::NotATable => f.write_str("the top level must be a table of settings"),
        }
    }
}

/// Why a file must not or cannot be included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum IncludeProblem {
    /// The path is absolute.
    Absolute,
    /// The path leaves the directory of the including file.
    OutsideDirectory,
    /// The path is a symbolic link or passes through one.
    Symlink,
    /// The file does not exist.
    NotFound,
    /// The file includes itself, directly or through others.
    Cycle,
    /// More than [`limits::INCLUDE_DEPTH`] files include each other in a row.
    TooDeep,
    /// The formats differ, and the loader was told that they must not.
    OtherFormat,
}

impl fmt::Display for IncludeProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absolute => f.write_str("an included path must be relative"),
            Self::OutsideDirectory => f.write_str("it lies outside the including directory"),
            Self::Symlink => f.write_str("it is or passes through a symbolic link"),
            Self::NotFound => f.write_str("it does not exist"),
            Self::Cycle => f.write_str("it includes itself"),
            Self::TooDeep => {
                write!(
                    f,
                    "includes are nested deeper than {}",
                    limits::INCLUDE_DEPTH
                )
            }
            Self::OtherFormat => f.write_str("its format differs from the including file's"),
        }
    }
}

struct AtPosition(Option<Position>);

impl fmt::Display for AtPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(Position { line, column }) => write!(f, ":{line}:{column}"),
            None => Ok(()),
        }
    }
}

struct DidYouMean(Option<&'static str>);

impl fmt::Display for DidYouMean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(key) => write!(f, ": did you mean `{key}`?"),
            None => Ok(()),
        }
    }
}
