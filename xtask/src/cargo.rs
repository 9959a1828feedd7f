//! cargo, told which SQLCipher to link and where to build.

use std::ffi::OsString;
use std::path::PathBuf;

use xshell::{Cmd, Shell, cmd};

use crate::process;
use crate::sqlcipher::{Library, Provider, Variables};
use crate::workspace::{self, Workspace};

/// Selects the workspace with everything that has tests: the `kstdb` program is behind a feature.
const WHOLE_WORKSPACE: [&str; 3] = ["--workspace", "--features", "kstdb-core/cli"];

/// The features of kstdb-core that add to what there is, and have tests of their own.
pub(crate) const MORE_FEATURES: [&str; 2] = [
    "--features",
    "kstdb-core/chrono,kstdb-core/json,kstdb-core/uuid,kstdb-core/keyring,kstdb-core/metrics",
];

/// cargo for one SQLCipher.
#[derive(Debug)]
pub(crate) struct Cargo {
    /// The library to link; `None` leaves the choice to libsqlite3-sys, which bundles 4.10.
    variables: Option<Variables>,
    target_dir: PathBuf,
}

impl Cargo {
    /// cargo that links SQLCipher 4.20, which is built first if it is not there.
    ///
    /// It builds below `<target>/xtask-<provider>`: with the same directory, every change between
    /// xtask and plain cargo would rebuild all that depends on libsqlite3-sys.
    pub(crate) fn linked(sh: &Shell, provider: Provider) -> anyhow::Result<Self> {
        let workspace = Workspace::load(sh)?;
        let library = Library::ensure(sh, &workspace.target_dir, provider, false)?;
        let target_dir = workspace
            .target_dir
            .join(format!("xtask-{}", provider.name()));
        Ok(Self {
            variables: Some(library.variables()),
            target_dir,
        })
    }

    /// Plain cargo on the bundled SQLCipher 4.10, whatever the caller's shell says.
    pub(crate) fn bundled(sh: &Shell) -> anyhow::Result<Self> {
        Ok(Self {
            variables: None,
            target_dir: Workspace::load(sh)?.target_dir,
        })
    }

    /// `cargo` with the variables and the target directory, in the current directory.
    pub(crate) fn cmd<'a>(&self, sh: &'a Shell) -> Cmd<'a> {
        let cargo = cmd!(sh, "cargo").env("CARGO_TARGET_DIR", &self.target_dir);
        match &self.variables {
            Some(variables) => cargo.envs(variables.iter()),
            None => Variables::NAMES
                .iter()
                .fold(cargo, |cargo, name| cargo.env_remove(name)),
        }
    }

    /// Builds the `kstdb` program and says where it is.
    ///
    /// Silent once the program is there: its output belongs to the caller then.
    pub(crate) fn kstdb(&self, sh: &Shell) -> anyhow::Result<PathBuf> {
        let program = self
            .target_dir
            .join("debug")
            .join(format!("kstdb{}", std::env::consts::EXE_SUFFIX));
        let quiet = sh.path_exists(&program).then_some("--quiet");
        let manifest = workspace::root().join("Cargo.toml");
        self.cmd(sh)
            .args([
                "build",
                "--locked",
                "--package",
                "kstdb-core",
                "--features",
                "cli",
                "--bin",
                "kstdb",
            ])
            .args(quiet)
            .arg("--manifest-path")
            .arg(manifest)
            .quiet()
            .run()?;
        Ok(program)
    }

    /// Builds the `kstdb` program and runs it on the user's terminal, in the user's directory.
    ///
    /// # Errors
    ///
    /// - it does not build
    /// - [`process::Exit`]: it ends with another code than 0
    pub(crate) fn run_kstdb(&self, sh: &Shell, args: &[OsString]) -> anyhow::Result<()> {
        let program = self.kstdb(sh)?;
        process::hand_over(cmd!(sh, "{program} {args...}").into())
    }
}

/// What cargo works on: what the arguments select, else the whole workspace.
pub(crate) fn selection(args: &[OsString]) -> &'static [&'static str] {
    let mut args = args.iter().take_while(|arg| *arg != "--");
    if args.any(|arg| selects(&arg.to_string_lossy())) {
        &[]
    } else {
        &WHOLE_WORKSPACE
    }
}

fn selects(arg: &str) -> bool {
    let whole = ["--package", "--workspace", "--all", "--manifest-path"];
    whole.contains(&arg) || arg.starts_with("--package=") || arg.starts_with("-p")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(args: &[&str]) -> bool {
        let args: Vec<OsString> = args.iter().map(OsString::from).collect();
        selection(&args).is_empty()
    }

    #[test]
    fn arguments_that_name_a_package_replace_the_workspace() {
        for args in [
            &["-p", "kstdb-core"][..],
            &["-pkstdb-core"],
            &["--package=kstdb-core"],
            &["--workspace"],
        ] {
            assert!(selected(args), "{args:?}");
        }
    }

    #[test]
    fn other_arguments_leave_the_whole_workspace() {
        for args in [
            &[][..],
            &["--release"],
            &["wrong_key"],
            &["--profile=release"],
            &["--", "-p"],
        ] {
            assert!(!selected(args), "{args:?}");
        }
    }
}
