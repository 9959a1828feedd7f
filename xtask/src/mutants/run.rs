//! One guard after the other, in a copy of the workspace that keeps its own target directory.
#![expect(clippy::print_stdout, reason = "its fates are what it is run for")]

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};
use xshell::{Shell, cmd};

use super::list::MUTANTS;
use crate::workspace::{self, Workspace};

/// A guard, and the change that takes it away.
#[derive(Debug)]
pub(super) struct Mutant {
    pub(super) guard: &'static str,
    pub(super) file: &'static str,
    /// Stands once in the file.
    pub(super) from: &'static str,
    pub(super) to: &'static str,
    pub(super) package: &'static str,
    /// Tests by parts of their names: one of them must turn red.
    pub(super) tests: &'static [&'static str],
}

/// What became of a mutant.
enum Fate {
    /// So many tests turned red.
    Caught(usize),
    Survived,
}

/// Runs every mutant; its end is an error if one survives.
pub(crate) fn run(sh: &Shell) -> anyhow::Result<()> {
    let home = Workspace::load(sh)?.target_dir.join("mutants");
    let tree = home.join("tree");
    copy(sh, &tree)?;
    let mut survivors = Vec::new();
    for mutant in MUTANTS {
        match mutant.run(&tree, &home.join("target"))? {
            Fate::Caught(tests) => println!("caught by {tests:3} tests  {}", mutant.guard),
            Fate::Survived => {
                println!("SURVIVED              {}", mutant.guard);
                survivors.push(mutant.guard);
            }
        }
    }
    println!("{} guards, {} not tested", MUTANTS.len(), survivors.len());
    if survivors.is_empty() {
        Ok(())
    } else {
        bail!("no test fails without: {}", survivors.join("; "))
    }
}

/// Copies what git knows of the working tree; what has not changed keeps its time, so that cargo
/// builds only what has.
fn copy(sh: &Shell, tree: &Path) -> anyhow::Result<()> {
    let root = workspace::root();
    sh.change_dir(root);
    let files = cmd!(sh, "git ls-files --cached --others --exclude-standard").read()?;
    for file in files.lines() {
        let (from, to) = (root.join(file), tree.join(file));
        if !from.is_file() {
            continue;
        }
        let text = std::fs::read(&from)?;
        if std::fs::read(&to).is_ok_and(|there| there == text) {
            continue;
        }
        if let Some(folder) = to.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&to, text)?;
    }
    Ok(())
}

impl Mutant {
    /// The file without the guard.
    fn apply(&self, text: &str) -> anyhow::Result<String> {
        let found = text.matches(self.from).count();
        ensure!(
            found == 1,
            "{}: {:?} stands {found} times in {}",
            self.guard,
            self.from,
            self.file
        );
        Ok(text.replace(self.from, self.to))
    }

    fn run(&self, tree: &Path, target: &Path) -> anyhow::Result<Fate> {
        let path = tree.join(self.file);
        let text = std::fs::read_to_string(&path)?;
        std::fs::write(&path, self.apply(&text)?)?;
        let fate = self.test(tree, target);
        std::fs::write(&path, text)?;
        fate
    }

    fn test(&self, tree: &Path, target: &Path) -> anyhow::Result<Fate> {
        let output = Command::new("cargo")
            .args([
                "test",
                "--locked",
                "--package",
                self.package,
                "--test",
                "it",
                "--",
            ])
            .args(self.tests)
            .current_dir(tree)
            .env("CARGO_TARGET_DIR", target)
            .stderr(Stdio::piped())
            .stdout(Stdio::piped())
            .output()
            .context("cannot start cargo")?;
        let (said, complained) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        let red = said
            .lines()
            .filter(|line| line.ends_with("... FAILED"))
            .count();
        let ran = said
            .lines()
            .any(|line| line.starts_with("running ") && line != "running 0 tests");
        ensure!(ran, "{}: no test ran\n{complained}", self.guard);
        Ok(match output.status.success() {
            true => Fate::Survived,
            // A test that dies of a signal is as red as any.
            false => Fate::Caught(red.max(1)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mutant_fits_the_sources() -> anyhow::Result<()> {
        for mutant in MUTANTS {
            let text = std::fs::read_to_string(workspace::root().join(mutant.file))?;
            assert_ne!(mutant.apply(&text)?, text, "{}", mutant.guard);
        }
        Ok(())
    }

    #[test]
    fn every_guard_has_tests() {
        assert!(MUTANTS.len() >= 15);
        assert!(MUTANTS.iter().all(|mutant| !mutant.tests.is_empty()));
    }
}
