//! What fuzzing takes: nightly, cargo-fuzz, and the targets built with both.

use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use xshell::{Shell, cmd};

use super::target::Target;
use crate::installed;
use crate::sqlcipher::Variables;
use crate::workspace::{self, Workspace};

/// The cargo-fuzz that is installed if there is none.
const CARGO_FUZZ_VERSION: &str = "0.13.2";

/// Where the tools and everything that the targets write are.
#[derive(Debug)]
pub(super) struct Tools {
    cargo_fuzz: PathBuf,
    host: String,
    /// `<target>/fuzz`.
    pub(super) home: PathBuf,
}

impl Tools {
    /// Looks for the tools, and installs cargo-fuzz below `<target>/tools` if it is not there.
    ///
    /// # Errors
    ///
    /// - this is no system that libFuzzer runs on
    /// - there is no nightly toolchain, or cargo-fuzz cannot be installed
    pub(super) fn find(sh: &Shell) -> anyhow::Result<Self> {
        ensure!(cfg!(unix), "fuzzing takes Linux or macOS");
        let version = cmd!(sh, "rustc +nightly --version --verbose").quiet();
        let version = version.ignore_stderr().read();
        let version = version
            .ok()
            .context("fuzzing takes a nightly toolchain (`rustup toolchain install nightly`)")?;
        let host = version.lines().find_map(|line| line.strip_prefix("host: "));
        let target_dir = Workspace::load(sh)?.target_dir;
        Ok(Self {
            host: host.context("rustc does not name its host")?.to_owned(),
            cargo_fuzz: installed::program(sh, "cargo-fuzz", CARGO_FUZZ_VERSION, &[], &target_dir)?,
            home: target_dir.join("fuzz"),
        })
    }

    /// Builds one target, or all, on the bundled SQLCipher.
    pub(super) fn build(&self, sh: &Shell, target: Option<&Target>) -> anyhow::Result<()> {
        let fuzz = workspace::root().join("kstdb-core/fuzz");
        let program = &self.cargo_fuzz;
        let build = cmd!(sh, "{program} build").env("RUSTUP_TOOLCHAIN", "nightly");
        // What a caller's shell says about SQLCipher is not meant for this build.
        let build = Variables::NAMES
            .iter()
            .fold(build, |build, name| build.env_remove(name));
        build
            .args(target.map(|target| target.name))
            .args(["--target", &self.host, "--target-dir"])
            .arg(self.home.join("build"))
            // Built in parts: a minute of fuzzing is not worth many of the compiler's.
            .args(["--codegen-units", "16", "--fuzz-dir"])
            .arg(&fuzz)
            .quiet()
            .run()
            .context("the fuzz targets do not build")
    }

    /// The program of a target.
    pub(super) fn program(&self, target: &Target) -> PathBuf {
        let build = self.home.join("build").join(&self.host);
        build.join("release").join(target.name)
    }
}
