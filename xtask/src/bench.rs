//! `cargo xtask bench`: kstdb beside its peers, on SQLCipher 4.20.

use std::path::{Path, PathBuf};

use xshell::Shell;

use crate::cargo::Cargo;
use crate::sqlcipher::Provider;
use crate::{flags, process, sops_check, workspace};

impl flags::Bench {
    pub(crate) fn run(mut self, sh: &Shell, provider: Provider) -> anyhow::Result<()> {
        let cargo = Cargo::linked(sh, provider)?;
        if self.record && self.sops.is_none() {
            match sops_check::program(sh) {
                Ok(program) => self.sops = Some(program),
                Err(error) => eprintln!("sops is left out: {error:#}"),
            }
        }
        let caller = sh.current_dir();
        sh.change_dir(workspace::root());
        let compare = [
            "bench",
            "--locked",
            "--package",
            "kstdb-core",
            "--bench",
            "compare",
            "--",
        ];
        let args = self.arguments(&caller);
        process::hand_over(cargo.cmd(sh).args(compare).args(args).into())
    }

    /// The program's arguments. cargo runs it elsewhere: files are named from the root.
    fn arguments(self, caller: &Path) -> Vec<PathBuf> {
        let Self {
            json,
            svg,
            curves,
            kstlib,
            sops,
            record,
            dir,
            quick,
            rows,
        } = self;
        let mut arguments: Vec<PathBuf> = Vec::new();
        for (flag, path) in [
            ("--json", json),
            ("--svg", svg),
            ("--curves", curves),
            ("--dir", dir),
        ] {
            if let Some(path) = path {
                arguments.extend([flag.into(), caller.join(path)]);
            }
        }
        for (flag, program) in [("--kstlib", kstlib), ("--sops", sops)] {
            if let Some(program) = program {
                // A bare name is looked for in PATH.
                let bare = program.components().count() == 1;
                let program = if bare { program } else { caller.join(program) };
                arguments.extend([flag.into(), program]);
            }
        }
        for (flag, given) in [("--quick", quick), ("--record", record)] {
            arguments.extend(given.then(|| flag.into()));
        }
        for row in rows {
            arguments.extend(["--rows".into(), row.into()]);
        }
        arguments
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[test]
    fn only_a_whole_run_is_recorded() {
        let record = |more: &[&str]| {
            let line = ["x", "bench", "--record"].iter().chain(more);
            flags::Xtask::try_parse_from(line).is_ok()
        };
        assert!(record(&["--json", "b.json"]));
        assert!(!record(&["--quick"]));
        assert!(!record(&["--rows", "point1"]));
    }

    #[test]
    fn files_are_named_from_the_root() -> Result<(), clap::Error> {
        let line = [
            "x", "bench", "--quick", "--json", "b.json", "--kstlib", "python3", "--rows", "a,b",
        ];
        let flags::Task::Bench(bench) = flags::Xtask::try_parse_from(line)?.task else {
            return Err(clap::Error::new(clap::error::ErrorKind::InvalidSubcommand));
        };
        let arguments = bench.arguments(Path::new("/here"));
        let expected = [
            "--json",
            "/here/b.json",
            "--kstlib",
            "python3",
            "--quick",
            "--rows",
            "a",
            "--rows",
            "b",
        ];
        assert_eq!(arguments, expected.map(PathBuf::from));
        Ok(())
    }
}
