//! Programs of cargo's: the installed one, or one that is built into `<target>/tools`.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use xshell::{Shell, cmd};

/// Finds a program, or builds this version of it: not optimised, since building it takes longer than
/// it runs.
pub(crate) fn program(
    sh: &Shell,
    name: &str,
    version: &str,
    options: &[&str],
    target_dir: &Path,
) -> anyhow::Result<PathBuf> {
    let installed = cmd!(sh, "{name} --version").quiet().ignore_stdout();
    if installed.ignore_stderr().run().is_ok() {
        return Ok(name.into());
    }
    let tools = target_dir.join("tools");
    let program = tools
        .join("bin")
        .join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if !sh.path_exists(&program) {
        cmd!(
            sh,
            "cargo install {name} --version {version} --locked --debug"
        )
        .args(options)
        .args(["--config", "profile.dev.debug=false", "--quiet", "--root"])
        .arg(&tools)
        .env_remove("CARGO_TARGET_DIR")
        .run()
        .with_context(|| format!("{name} is not there and cannot be installed"))?;
    }
    Ok(program)
}
