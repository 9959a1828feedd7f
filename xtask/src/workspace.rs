//! Where things are: the root of the workspace and its target directory.

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
        let target_dir = json["target_directory"].as_str()?.into();
        Some(Self { target_dir })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn target_directory_is_read() {
        let workspace = Workspace::parse(r#"{"target_directory": "/t"}"#);
        assert!(workspace.is_some_and(|workspace| workspace.target_dir == Path::new("/t")));
    }

    #[test]
    fn other_json_is_refused() {
        assert!(Workspace::parse("{}").is_none());
        assert!(Workspace::parse("no json").is_none());
    }
}
