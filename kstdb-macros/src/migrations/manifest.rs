//! What a Cargo.toml says about migrations.

use std::fs;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::MigrationsError;

/// The parts of a Cargo.toml that lead to a migrations folder.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Manifest {
    /// `[package.metadata.kstdb] migrations`.
    pub(super) migrations: Option<String>,
    /// `[package] workspace`: where the workspace root is, if it is not further up.
    pub(super) workspace: Option<String>,
    /// There is a `[workspace]`.
    pub(super) is_workspace_root: bool,
}

impl Manifest {
    /// The path of the Cargo.toml in `dir`.
    pub(super) fn path(dir: &Path) -> PathBuf {
        dir.join("Cargo.toml")
    }

    /// Reads the Cargo.toml in `dir`; `None` if there is none.
    ///
    /// # Errors
    /// - [`MigrationsError::Manifest`]: it cannot be read, or `migrations` is not a string.
    pub(super) fn read(dir: &Path) -> Result<Option<Self>, MigrationsError> {
        let path = Self::path(dir);
        let fault = |reason| MigrationsError::Manifest {
            manifest: path.to_string_lossy().into_owned(),
            reason,
        };
        match fs::read_to_string(&path) {
            Ok(text) => Self::parse(&text).map(Some).map_err(fault),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(fault(error.to_string())),
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let manifest = DeTable::parse(text).map_err(|error| error.message().to_owned())?;
        let manifest = manifest.get_ref();
        let package = table(manifest, "package");
        let settings = package
            .and_then(|package| table(package, "metadata"))
            .and_then(|metadata| table(metadata, "kstdb"));
        let migrations = match settings.and_then(|settings| settings.get("migrations")) {
            None => None,
            Some(value) => match value.get_ref() {
                DeValue::String(path) => Some(path.clone().into_owned()),
                _ => {
                    return Err(
                        "`package.metadata.kstdb.migrations` is not a path in quotes".to_owned(),
                    );
                }
            },
        };
        let workspace = package
            .and_then(|package| package.get("workspace"))
            .and_then(|path| path.get_ref().as_str())
            .map(ToOwned::to_owned);
        Ok(Self {
            migrations,
            workspace,
            is_workspace_root: manifest.contains_key("workspace"),
        })
    }
}

fn table<'a, 'i>(parent: &'a DeTable<'i>, name: &str) -> Option<&'a DeTable<'i>> {
    parent.get(name)?.get_ref().as_table()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_and_the_workspace_are_found() -> Result<(), String> {
        let manifest = Manifest::parse(
            "[package]\nname = 'a'\nworkspace = '..'\n[package.metadata.kstdb]\nmigrations = 'db'\n",
        )?;
        assert_eq!(
            manifest,
            Manifest {
                migrations: Some("db".to_owned()),
                workspace: Some("..".to_owned()),
                is_workspace_root: false,
            }
        );
        Ok(())
    }

    #[test]
    fn a_manifest_that_says_nothing_is_fine() -> Result<(), String> {
        assert_eq!(
            Manifest::parse("[package]\nname = 'a'\n")?,
            Manifest::default()
        );
        assert!(Manifest::parse("[workspace]\n")?.is_workspace_root);
        Ok(())
    }

    #[test]
    fn a_folder_that_is_no_path_is_refused() {
        let error = Manifest::parse("[package.metadata.kstdb]\nmigrations = ['a']\n");
        assert!(error.is_err_and(|reason| reason.contains("not a path in quotes")));
    }
}
