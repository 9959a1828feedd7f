//! What is run on the sources: tests by parts of their names, or a part of the torture programme.

use std::fs::File;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use xshell::Shell;

use crate::cargo::Cargo;

/// How long a check may take, which is seconds with every guard there. One that hangs is as red as any.
const LIMIT: Duration = Duration::from_secs(120);

/// The torture programme begins with the same cases each time.
const SEED: &str = "0x5eed";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Check {
    /// Tests of a crate, by parts of their names.
    Tests(&'static str, &'static [&'static str]),
    /// The same on plain SQLite.
    Plain(&'static str, &'static [&'static str]),
    /// So many cases of a test of the torture programme.
    Torture(u32, u32),
}

/// How a check ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Colour {
    Green,
    /// So many tests failed, or violations were found.
    Red(usize),
    /// It did not end.
    Hangs,
}

impl Check {
    /// Runs it in a tree of sources.
    ///
    /// # Errors
    /// Nothing was run: it does not build, or no test has such a name.
    pub(super) fn run(
        self,
        sh: &Shell,
        cargo: &Cargo,
        tree: &Path,
        home: &Path,
    ) -> anyhow::Result<Colour> {
        let (stdout, stderr) = (home.join("stdout"), home.join("stderr"));
        // What the mutant breaks may take any time, but not what is built for it.
        let mut build: Command = cargo.cmd(sh).args(self.build_arguments()).into();
        let built = build
            .current_dir(tree)
            .output()
            .context("cannot start cargo")?;
        let complained = String::from_utf8_lossy(&built.stderr);
        ensure!(
            built.status.success(),
            "{self:?} does not build\n{complained}"
        );
        let mut command: Command = cargo.cmd(sh).args(self.arguments()).into();
        command
            .current_dir(tree)
            .stdin(std::process::Stdio::null())
            .stdout(File::create(&stdout)?)
            .stderr(File::create(&stderr)?);
        let ended = wait(command)?;
        let said = String::from_utf8_lossy(&std::fs::read(stdout)?).into_owned();
        let complained = String::from_utf8_lossy(&std::fs::read(stderr)?).into_owned();
        let Some(status) = ended else {
            return Ok(Colour::Hangs);
        };
        ensure!(
            self.has_run(&said, &complained),
            "{self:?} did not run\n{complained}"
        );
        let red = match self {
            Self::Torture(..) => complained.matches("VIOLATION ").count(),
            Self::Tests(..) | Self::Plain(..) => {
                let lines = said.lines();
                lines.filter(|line| line.ends_with("... FAILED")).count()
            }
        };
        Ok(match status.success() {
            true => Colour::Green,
            // A test that dies of a signal is as red as any.
            false => Colour::Red(red.max(1)),
        })
    }

    /// What builds it, and runs nothing.
    fn build_arguments(self) -> Vec<String> {
        let arguments = self.arguments().into_iter();
        let mut arguments: Vec<String> =
            arguments.take_while(|argument| argument != "--").collect();
        match self {
            Self::Torture(..) => "build".clone_into(&mut arguments[0]),
            Self::Tests(..) | Self::Plain(..) => arguments.push("--no-run".to_owned()),
        }
        arguments
    }

    fn arguments(self) -> Vec<String> {
        let line = match self {
            Self::Tests(package, _) => format!("test --locked --package {package} --test it --"),
            Self::Plain(package, _) => {
                format!("test --locked --no-default-features --package {package} --test it --")
            }
            Self::Torture(number, cases) => format!(
                "run --locked --package kstdb-core --features _torture --example torture -- \
                 --ci --only {number} --skip exits --cases {cases} --seed {SEED}"
            ),
        };
        let mut arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        if let Self::Tests(_, names) | Self::Plain(_, names) = self {
            arguments.extend(names.iter().map(|name| (*name).to_owned()));
        }
        arguments
    }

    /// Tells whether it came as far as running something.
    fn has_run(self, said: &str, complained: &str) -> bool {
        match self {
            Self::Torture(..) => complained.contains("\nseed 0x"),
            Self::Tests(..) | Self::Plain(..) => said
                .lines()
                .any(|line| line.starts_with("running ") && line != "running 0 tests"),
        }
    }
}

/// Waits for a program and all that it started; `None` if it had to be killed.
fn wait(mut command: Command) -> anyhow::Result<Option<ExitStatus>> {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.spawn().context("cannot start cargo")?;
    let began = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if began.elapsed() > LIMIT {
            // The group: cargo alone would leave its test at work.
            let group = format!("-{}", child.id());
            drop(Command::new("kill").args(["-KILL", "--", &group]).status());
            drop(child.kill());
            child.wait()?;
            return Ok(None);
        }
        std::thread::park_timeout(Duration::from_millis(100));
    }
}
