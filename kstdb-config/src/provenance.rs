//! Where each setting came from and what was clamped.

use std::fmt;
use std::path::{Path, PathBuf};

/// The layer of the cascade that set a value, lowest first.
///
/// A file is named by its own path: a value that an included file holds names the included
/// file, in the layer of the file that includes it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Layer {
    /// Nothing set it: the built-in default.
    Default,
    /// A file below one of `$XDG_CONFIG_DIRS` (`/etc/xdg` when unset).
    SystemFile(PathBuf),
    /// A file in `$XDG_CONFIG_HOME` (`~/.config` when unset).
    UserFile(PathBuf),
    /// A file directly in the home directory.
    HomeFile(PathBuf),
    /// A file in the working directory.
    WorkingDirectory(PathBuf),
    /// The file that the program or `KSTDB_CONFIG` named.
    NamedFile(PathBuf),
    /// An environment variable such as `KSTDB__DB__POOL__MAX_SIZE`.
    Environment {
        /// The name of the variable.
        variable: String,
    },
    /// The program itself, through [`Overrides`](crate::Overrides).
    Code,
}

impl Layer {
    /// The file of a file layer.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::SystemFile(path)
            | Self::UserFile(path)
            | Self::HomeFile(path)
            | Self::WorkingDirectory(path)
            | Self::NamedFile(path) => Some(path),
            Self::Default | Self::Environment { .. } | Self::Code => None,
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("built-in default"),
            Self::SystemFile(path) => write!(f, "system file {}", path.display()),
            Self::UserFile(path) => write!(f, "user file {}", path.display()),
            Self::HomeFile(path) => write!(f, "home file {}", path.display()),
            Self::WorkingDirectory(path) => write!(f, "working-directory file {}", path.display()),
            Self::NamedFile(path) => write!(f, "named file {}", path.display()),
            Self::Environment { variable } => write!(f, "environment variable {variable}"),
            Self::Code => f.write_str("code"),
        }
    }
}

/// Makes the layer of a file out of its path: a file variant of [`Layer`].
pub(crate) type FileLayer = fn(PathBuf) -> Layer;

/// The limit that stopped a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limit {
    /// The value was below its hard limit in [`limits`](crate::limits).
    Minimum,
    /// The value was above its hard limit in [`limits`](crate::limits).
    Maximum,
    /// `db.pool.min_size` was above the `db.pool.max_size` in use.
    MaxSize,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Minimum => "the hard minimum",
            Self::Maximum => "the hard maximum",
            Self::MaxSize => "db.pool.max_size",
        })
    }
}

/// A value that was moved into its limits.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Clamp {
    /// The value as it was given.
    pub given: String,
    /// The value in use.
    pub used: String,
    /// What stopped the given value.
    pub limit: Limit,
}

impl fmt::Display for Clamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} clamped to {} by {}",
            self.given, self.used, self.limit
        )
    }
}

/// One setting as it was loaded: its value and its history.
///
/// # Security
/// A passphrase reads `[redacted]`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SettingReport {
    /// The dotted key, such as `db.pool.max_size`.
    pub key: &'static str,
    /// The value in use, as text with its unit; `none` where nothing is set.
    pub value: String,
    /// The layer that set it.
    pub layer: Layer,
    /// What was clamped, if the given value was outside its limits.
    pub clamped: Option<Clamp>,
}

impl fmt::Display for SettingReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {} ({}", self.key, self.value, self.layer)?;
        if let Some(clamp) = &self.clamped {
            write!(f, "; {clamp}")?;
        }
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_says_value_layer_and_clamp_in_one_line() {
        let report = SettingReport {
            key: "db.pool.max_size",
            value: "100".into(),
            layer: Layer::UserFile("/home/ann/.config/kstdb.conf.yml".into()),
            clamped: Some(Clamp {
                given: "1000".into(),
                used: "100".into(),
                limit: Limit::Maximum,
            }),
        };
        assert_eq!(
            report.to_string(),
            "db.pool.max_size = 100 (user file /home/ann/.config/kstdb.conf.yml; \
             1000 clamped to 100 by the hard maximum)"
        );
    }
}
