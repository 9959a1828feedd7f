//! `cargo xtask build`: the workspace on SQLCipher 4.20.

use xshell::Shell;

use crate::cargo::{self, Cargo};
use crate::sqlcipher::Provider;
use crate::{flags, workspace};

impl flags::Build {
    pub(crate) fn run(self, sh: &Shell, provider: Provider) -> anyhow::Result<()> {
        let cargo = Cargo::linked(sh, provider)?;
        sh.change_dir(workspace::root());
        cargo
            .cmd(sh)
            .args(["build", "--locked"])
            .args(cargo::selection(&self.args))
            .args(&self.args)
            .run()?;
        Ok(())
    }
}
