//! Where things are: the root of the workspace, its target directory, its packages.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::Value;
use xshell::{Shell, cmd};

/// The directory of the root `Cargo.toml`.
pub(crate) fn root() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

/// What `cargo metadata` says about the workspace.
#[derive(Debug)]
pub(crate) struct Workspace {
    /// Where plain cargo builds: `target/`, or what `CARGO_TARGET_DIR` or a cargo setting says.
    pub(crate) target_dir: PathBuf,
    /// The packages of the workspace, in the order of cargo.
    pub(crate) packages: Vec<Package>,
}

/// A package of the workspace.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// The features it declares, `default` among them.
    pub(crate) features: Vec<String>,
}

impl Workspace {
    /// Asks cargo.
    pub(crate) fn load(sh: &Shell) -> anyhow::Result<Self> {
        let manifest = root().join("Cargo.toml");
        let json = cmd!(
            sh,
            "cargo metadata --no-deps --format-version 1 --manifest-path {manifest}"
        )
        .quiet()
        .read()?;
        Self::parse(&json).context("cargo metadata answered in a form that is not known")
    }

    fn parse(json: &str) -> Option<Self> {
        let json: Value = serde_json::from_str(json).ok()?;
        let packages = json["packages"]
            .as_array()?
            .iter()
            .map(package)
            .collect::<Option<_>>()?;
        Some(Self {
            target_dir: json["target_directory"].as_str()?.into(),
            packages,
        })
    }
}

fn package(json: &Value) -> Option<Package> {
    Some(Package {
        name: json["name"].as_str()?.to_owned(),
        features: json["features"].as_object()?.keys().cloned().collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn target_directory_and_features_are_read() {
        let json =
            r#"{"target_directory": "/t", "packages": [{"name": "a", "features": {"f": []}}]}"#;
        let workspace = Workspace::parse(json);
        let package = Package {
            name: "a".to_owned(),
            features: vec!["f".to_owned()],
        };
        assert!(
            workspace.is_some_and(|w| w.target_dir == Path::new("/t") && w.packages == [package])
        );
    }

    #[test]
    fn other_json_is_refused() {
        assert!(Workspace::parse("{}").is_none());
        assert!(Workspace::parse("no json").is_none());
    }
}
