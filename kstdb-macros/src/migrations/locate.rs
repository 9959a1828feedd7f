//! Where the migrations of a crate are.

use std::path::{Path, PathBuf};

use super::MigrationsError;
use super::manifest::Manifest;

/// The folder's name where nothing says otherwise.
const DEFAULT: &str = "migrations";

/// A folder that exists.
#[derive(Debug)]
pub(crate) struct Folder {
    /// The path from the crate's directory, for messages.
    pub(crate) shown: String,
    /// The path without links.
    pub(crate) path: PathBuf,
}

/// Finds the folder of the crate in `crate_dir`.
///
/// With `given` it is that path, from `crate_dir`. Otherwise it is the first of these that is there:
/// 1. what `[package.metadata.kstdb] migrations` names, also from `crate_dir`: what is written down beats a default;
/// 2. `migrations` in the crate;
/// 3. `migrations` in the root of its workspace.
///
/// # Errors
/// - [`MigrationsError::NotFound`]: nothing was given and no default is there.
/// - [`MigrationsError::Missing`], [`MigrationsError::NotAFolder`], [`MigrationsError::Read`]: a path that was given or
///   named leads to no folder.
/// - [`MigrationsError::Manifest`]: a Cargo.toml cannot be understood.
pub(crate) fn locate(crate_dir: &Path, given: Option<&str>) -> Result<Folder, MigrationsError> {
    if let Some(given) = given {
        return folder(crate_dir, given);
    }
    let manifest = Manifest::read(crate_dir)?.unwrap_or_default();
    if let Some(named) = &manifest.migrations {
        return folder(crate_dir, named);
    }
    if crate_dir.join(DEFAULT).is_dir() {
        return folder(crate_dir, DEFAULT);
    }
    let root = workspace_root(crate_dir, &manifest)?.ok_or(MigrationsError::NotFound)?;
    let shared = format!("{root}/{DEFAULT}");
    if crate_dir.join(&shared).is_dir() {
        return folder(crate_dir, &shared);
    }
    Err(MigrationsError::NotFound)
}

/// The Cargo.toml that [`locate`] reads first.
pub(crate) fn manifest_path(crate_dir: &Path) -> PathBuf {
    Manifest::path(crate_dir)
}

fn folder(crate_dir: &Path, shown: &str) -> Result<Folder, MigrationsError> {
    let path = crate_dir.join(shown).canonicalize();
    let shown = shown.to_owned();
    match path {
        Ok(path) if path.is_dir() => Ok(Folder { shown, path }),
        Ok(_) => Err(MigrationsError::NotAFolder { folder: shown }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(MigrationsError::Missing { folder: shown })
        }
        Err(source) => Err(MigrationsError::Read {
            path: shown,
            source,
        }),
    }
}

/// Finds the way from the crate to the root of its workspace as Cargo does: what the crate names, else the nearest
/// Cargo.toml further up that has a `[workspace]`.
fn workspace_root(
    crate_dir: &Path,
    manifest: &Manifest,
) -> Result<Option<String>, MigrationsError> {
    if manifest.is_workspace_root || manifest.workspace.is_some() {
        return Ok(manifest.workspace.clone());
    }
    for (steps, dir) in crate_dir.ancestors().enumerate().skip(1) {
        if Manifest::read(dir)?.is_some_and(|manifest| manifest.is_workspace_root) {
            return Ok(Some(vec![".."; steps].join("/")));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::error::Error;
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    type TestResult = Result<(), Box<dyn Error>>;

    /// A workspace with a crate in `app`, made of `folders` and the settings in the crate's Cargo.toml.
    fn workspace(folders: &[&str], settings: &str) -> std::io::Result<TempDir> {
        let root = TempDir::new()?;
        fs::create_dir(root.path().join("app"))?;
        fs::write(
            root.path().join("Cargo.toml"),
            "[workspace]\nmembers = ['app']\n",
        )?;
        fs::write(
            root.path().join("app/Cargo.toml"),
            format!("[package]\nname = 'app'\n{settings}"),
        )?;
        for folder in folders {
            fs::create_dir_all(root.path().join(folder))?;
        }
        Ok(root)
    }

    fn located(root: &TempDir, given: Option<&str>) -> Result<PathBuf, Box<dyn Error>> {
        let folder = locate(&root.path().join("app"), given)?;
        Ok(folder
            .path
            .strip_prefix(root.path().canonicalize()?)?
            .to_owned())
    }

    #[test]
    fn the_nearest_of_the_usual_places_is_taken() -> TestResult {
        const NAMED: &str = "[package.metadata.kstdb]\nmigrations = '../schema'\n";
        for (folders, settings, expected) in [
            (&["app/migrations", "migrations"][..], "", "app/migrations"),
            (&["migrations"], "", "migrations"),
            (&["app/migrations", "migrations", "schema"], NAMED, "schema"),
        ] {
            let root = workspace(folders, settings)?;
            assert_eq!(
                located(&root, None)?,
                Path::new(expected),
                "{folders:?} {settings}"
            );
        }
        Ok(())
    }

    #[test]
    fn a_given_path_starts_at_the_crate() -> TestResult {
        let root = workspace(&["app/migrations", "app/db/v2", "shared"], "")?;
        assert_eq!(located(&root, Some("db/v2"))?, Path::new("app/db/v2"));
        assert_eq!(located(&root, Some("../shared"))?, Path::new("shared"));
        Ok(())
    }

    #[test]
    fn a_crate_that_is_its_own_workspace_looks_no_further() -> TestResult {
        let root = workspace(&["migrations"], "[workspace]\n")?;
        let error = locate(&root.path().join("app"), None);
        assert!(matches!(error, Err(MigrationsError::NotFound)), "{error:?}");
        Ok(())
    }

    #[test]
    fn a_workspace_that_is_not_further_up_is_named_by_the_crate() -> TestResult {
        let root = workspace(&["root/migrations"], "workspace = '../root'\n")?;
        assert_eq!(located(&root, None)?, Path::new("root/migrations"));
        Ok(())
    }

    #[test]
    fn a_path_that_leads_to_no_folder_is_refused() -> TestResult {
        let root = workspace(
            &["migrations"],
            "[package.metadata.kstdb]\nmigrations = 'gone'\n",
        )?;
        let app = root.path().join("app");
        assert!(matches!(
            locate(&app, None),
            Err(MigrationsError::Missing { .. })
        ));
        assert!(matches!(
            locate(&app, Some("no")),
            Err(MigrationsError::Missing { .. })
        ));
        assert!(matches!(
            locate(&app, Some("Cargo.toml")),
            Err(MigrationsError::NotAFolder { .. })
        ));
        Ok(())
    }
}
