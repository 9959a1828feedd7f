//! `cargo xtask test`: the whole suite, on SQLCipher 4.20 or on the bundled 4.10.

use xshell::Shell;

use crate::cargo::{self, Cargo};
use crate::sqlcipher::Provider;
use crate::{flags, workspace};

impl flags::Test {
    /// The summary of cargo test is the last thing that is printed.
    pub(crate) fn run(self, sh: &Shell, provider: Provider) -> anyhow::Result<()> {
        let cargo = if self.bundled {
            Cargo::bundled(sh)?
        } else {
            Cargo::linked(sh, provider)?
        };
        let _root = sh.push_dir(workspace::root());
        let selection = cargo::selection(&self.args);
        // Plain cargo has none of them, so that between the two nothing is left out.
        let whole = !self.bundled && !selection.is_empty();
        cargo
            .cmd(sh)
            .args(["test", "--locked"])
            .args(selection)
            .args(whole.then_some(cargo::MORE_FEATURES).into_iter().flatten())
            .args(&self.args)
            .run()?;
        Ok(())
    }
}
