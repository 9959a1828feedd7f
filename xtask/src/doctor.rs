//! `cargo xtask doctor`: what this machine can build, then what `kstdb doctor` says.

use std::ffi::OsString;

use anyhow::bail;
use xshell::Shell;

use crate::cargo::Cargo;
use crate::flags;
use crate::machine::Machine;
use crate::sqlcipher::Provider;

impl flags::Doctor {
    pub(crate) fn run(self, sh: &Shell, provider: Provider) -> anyhow::Result<()> {
        let machine = Machine::probe(sh)?;
        // On stderr: the answer of `kstdb doctor --json` stays JSON.
        for line in machine.report() {
            eprintln!("{line}");
        }
        let missing = machine.missing(provider);
        if !missing.is_empty() {
            bail!("{}", missing.join("\nerror: "));
        }
        let mut args = vec![OsString::from("doctor")];
        args.extend(self.args);
        Cargo::linked(sh, provider)?.run_kstdb(sh, &args)
    }
}
