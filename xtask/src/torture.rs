//! `cargo xtask torture`: the torture programme, on SQLCipher 4.20 or on the bundled 4.10.

use std::ffi::OsString;
use std::path::Path;

use xshell::Shell;

use crate::cargo::Cargo;
use crate::sqlcipher::Provider;
use crate::{flags, mutants, process, workspace};

impl flags::Torture {
    /// The summary is the last thing that is printed; a violation makes the code not zero.
    pub(crate) fn run(self, sh: &Shell, provider: Provider) -> anyhow::Result<()> {
        if self.mutants {
            return mutants::run(sh, provider, self.bundled, &self.only);
        }
        let cargo = if self.bundled {
            Cargo::bundled(sh)?
        } else {
            Cargo::linked(sh, provider)?
        };
        let caller = sh.current_dir();
        sh.change_dir(workspace::root());
        let programme = [
            "run",
            "--locked",
            "--package",
            "kstdb-core",
            "--features",
            "_torture",
            "--example",
            "torture",
            "--",
        ];
        let args = self.arguments(&caller);
        process::hand_over(cargo.cmd(sh).args(programme).args(args).into())
    }

    /// The programme's arguments. cargo runs it elsewhere: the file is named from the root.
    fn arguments(self, caller: &Path) -> Vec<OsString> {
        let Self {
            bundled: _,
            ci,
            long,
            mutants: _,
            only,
            skip,
            seed,
            cases,
            minutes,
            json,
        } = self;
        let mut arguments: Vec<OsString> = Vec::new();
        for (flag, given) in [("--ci", ci), ("--long", long)] {
            arguments.extend(given.then(|| flag.into()));
        }
        for number in only {
            arguments.extend(["--only".into(), number.to_string().into()]);
        }
        for name in skip {
            arguments.extend(["--skip".into(), name.into()]);
        }
        if let Some(seed) = seed {
            arguments.extend(["--seed".into(), seed.into()]);
        }
        if let Some(cases) = cases {
            arguments.extend(["--cases".into(), cases.to_string().into()]);
        }
        if let Some(minutes) = minutes {
            arguments.extend(["--minutes".into(), minutes.to_string().into()]);
        }
        if let Some(json) = json {
            arguments.extend(["--json".into(), caller.join(json).into()]);
        }
        arguments
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    fn arguments(line: &[&str]) -> Result<Vec<OsString>, clap::Error> {
        let line = ["x", "torture"].iter().chain(line);
        match flags::Xtask::try_parse_from(line)?.task {
            flags::Task::Torture(torture) => Ok(torture.arguments(Path::new("/here"))),
            _ => Err(clap::Error::new(clap::error::ErrorKind::InvalidSubcommand)),
        }
    }

    #[test]
    fn the_programme_gets_what_was_asked_for() -> Result<(), clap::Error> {
        let line = ["--ci", "--only", "2,3", "--cases", "9", "--json", "t.json"];
        let expected = [
            "--ci",
            "--only",
            "2",
            "--only",
            "3",
            "--cases",
            "9",
            "--json",
            "/here/t.json",
        ];
        assert_eq!(arguments(&line)?, expected.map(OsString::from));
        for line in [
            &["--only", "3", "--seed", "0x24003"][..],
            &["--ci", "--skip", "exits", "--minutes", "9"],
        ] {
            let expected: Vec<OsString> = line.iter().map(OsString::from).collect();
            assert_eq!(arguments(line)?, expected);
        }
        Ok(())
    }

    #[test]
    fn asking_for_nothing_is_refused() {
        for line in [&[][..], &["--only", "3"], &["--ci", "--long"]] {
            assert!(arguments(line).is_err(), "{line:?}");
        }
    }
}
