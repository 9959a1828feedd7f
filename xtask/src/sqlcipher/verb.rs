//! `cargo xtask sqlcipher`: builds SQLCipher 4.20 and prints the variables that link it.

use std::io::{self, IsTerminal as _, Write as _};

use xshell::Shell;

use super::{Format, Library, Provider};
use crate::flags;
use crate::machine::Machine;
use crate::workspace::Workspace;

impl flags::Sqlcipher {
    pub(crate) fn run(self, sh: &Shell, provider: Provider) -> anyhow::Result<()> {
        if let Some(warning) = Machine::probe(sh)?.shell_warning() {
            eprintln!("warning: {warning}");
        }
        let target_dir = Workspace::load(sh)?.target_dir;
        let library = Library::ensure(sh, &target_dir, provider, self.force)?;
        let mut stdout = io::stdout();
        stdout.write_all(library.variables().render(self.format).as_bytes())?;
        if self.format == Format::Sh && stdout.is_terminal() {
            eprintln!("to set them in this shell: eval \"$(cargo xtask sqlcipher)\"");
        }
        Ok(())
    }
}
