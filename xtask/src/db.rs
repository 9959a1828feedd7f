//! `cargo xtask db`: the `kstdb` program on SQLCipher 4.20.

use xshell::Shell;

use crate::cargo::Cargo;
use crate::flags;
use crate::sqlcipher::Provider;

impl flags::Db {
    pub(crate) fn run(self, sh: &Shell, provider: Provider) -> anyhow::Result<()> {
        Cargo::linked(sh, provider)?.run_kstdb(sh, &self.args)
    }
}
