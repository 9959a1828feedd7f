//! `cargo xtask demo`: the example `demo` of kstdb-core on SQLCipher 4.20.

use xshell::Shell;

use crate::cargo::Cargo;
use crate::sqlcipher::Provider;
use crate::{flags, process, workspace};

impl flags::Demo {
    pub(crate) fn run(self, sh: &Shell, provider: Provider) -> anyhow::Result<()> {
        let cargo = Cargo::linked(sh, provider)?;
        sh.change_dir(workspace::root());
        let demo = [
            "run",
            "--locked",
            "--package",
            "kstdb-core",
            "--example",
            "demo",
        ];
        process::hand_over(cargo.cmd(sh).args(demo).into())
    }
}
