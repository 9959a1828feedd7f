//! `cargo xtask torture`: the torture programme, on SQLCipher 4.20 or on the bundled 4.10, and the fuzzing.

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context as _, bail};
use xshell::Shell;

use crate::cargo::Cargo;
use crate::sqlcipher::Provider;
use crate::{flags, fuzz, mutants, process, workspace};

impl flags::Torture {
    /// The summaries are the last that is printed; a violation makes the code not zero.
    ///
    /// Fuzzing has tools of its own, so it is not part of the programme but follows it.
    pub(crate) fn run(self, sh: &Shell, provider: Provider) -> anyhow::Result<()> {
        if self.mutants {
            return mutants::run(sh, provider, self.bundled, &self.only);
        }
        let caller = sh.current_dir();
        sh.change_dir(workspace::root());
        if let Some(input) = &self.input {
            return fuzz::replay(sh, &caller.join(input));
        }
        let fuzzing = self.fuzzing(&caller)?;
        let programme = if self.only == [fuzz::TEST] {
            Ok(())
        } else {
            self.programme(sh, provider, &caller)
        };
        let fuzzed = fuzzing.map_or(Ok(()), |plan| fuzz::run(sh, &plan));
        // Why fuzzing failed is not said yet; a programme that has failed has said why.
        fuzzed.and(programme)
    }

    /// Builds the programme and runs it on the user's terminal.
    fn programme(self, sh: &Shell, provider: Provider, caller: &Path) -> anyhow::Result<()> {
        let cargo = if self.bundled {
            Cargo::bundled(sh)?
        } else {
            Cargo::linked(sh, provider)?
        };
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
        let args = self.arguments(caller);
        process::hand_over(cargo.cmd(sh).args(programme).args(args).into())
    }

    /// What is to be fuzzed: nothing where other tests are named, or one case of them.
    fn fuzzing(&self, caller: &Path) -> anyhow::Result<Option<fuzz::Plan>> {
        let wanted = self.only.is_empty() || self.only.contains(&fuzz::TEST);
        if !wanted {
            return Ok(None);
        }
        if !self.ci && !self.long {
            bail!(
                "a case is replayed with --only and its --seed, one of test {} with its --input",
                fuzz::TEST
            );
        }
        let seed = self
            .seed
            .as_deref()
            .map(|seed| fuzz::seed(seed).with_context(|| format!("`{seed}` is no seed")));
        Ok(Some(fuzz::Plan {
            long: self.long,
            seed: seed.transpose()?,
            cases: self.cases,
            json: self.json.as_ref().map(|json| caller.join(json)),
            alone: self.only == [fuzz::TEST],
        }))
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
            input: _,
            cases,
            minutes,
            json,
        } = self;
        let mut arguments: Vec<OsString> = Vec::new();
        for (flag, given) in [("--ci", ci), ("--long", long)] {
            arguments.extend(given.then(|| flag.into()));
        }
        for number in only.into_iter().filter(|number| *number != fuzz::TEST) {
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

    fn torture(line: &[&str]) -> Result<flags::Torture, clap::Error> {
        let line = ["x", "torture"].iter().chain(line);
        match flags::Xtask::try_parse_from(line)?.task {
            flags::Task::Torture(torture) => Ok(torture),
            _ => Err(clap::Error::new(clap::error::ErrorKind::InvalidSubcommand)),
        }
    }

    fn arguments(line: &[&str]) -> Result<Vec<OsString>, clap::Error> {
        torture(line).map(|torture| torture.arguments(Path::new("/here")))
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
    fn fuzzing_follows_where_it_is_asked_for() -> anyhow::Result<()> {
        let plan = |line: &[&str]| torture(line)?.fuzzing(Path::new("/here"));
        let expected = fuzz::Plan {
            long: false,
            seed: Some(5),
            cases: Some(9),
            json: Some("/here/t.json".into()),
            alone: true,
        };
        let line = [
            "--ci", "--only", "11", "--cases", "9", "--json", "t.json", "--seed", "5",
        ];
        assert_eq!(plan(&line)?, Some(expected));
        let with_others = plan(&["--long", "--only", "3,11"])?;
        assert!(with_others.is_some_and(|plan| plan.long && !plan.alone));
        assert!(plan(&["--ci"])?.is_some_and(|plan| !plan.alone));
        assert_eq!(plan(&["--ci", "--only", "3"])?, None);
        assert_eq!(plan(&["--only", "3", "--seed", "7"])?, None);
        assert!(plan(&["--only", "11", "--seed", "7"]).is_err());
        assert!(plan(&["--ci", "--seed", "x"]).is_err());
        assert_eq!(
            arguments(&["--ci", "--only", "3,11"])?,
            ["--ci", "--only", "3"].map(OsString::from)
        );
        Ok(())
    }

    #[test]
    fn asking_for_nothing_is_refused() {
        for line in [
            &[][..],
            &["--only", "3"],
            &["--ci", "--long"],
            &["--ci", "--input", "a"],
        ] {
            assert!(arguments(line).is_err(), "{line:?}");
        }
    }
}
