//! One guard after the other, in a copy of the workspace. The target directory is the ordinary one, for
//! the sake of what other crates have built there.
#![expect(clippy::print_stdout, reason = "its fates are what it is run for")]

use std::path::Path;

use anyhow::{bail, ensure};
use xshell::{Shell, cmd};

use super::check::{Check, Colour};
use super::list::MUTANTS;
use super::mutant::{Library, Mutant};
use super::oracles::ORACLES;
use crate::cargo::Cargo;
use crate::sqlcipher::Provider;
use crate::workspace::{self, Workspace};

/// Runs every mutant of a library, or those that only these tests of the torture programme catch; its
/// end is an error if one survives.
pub(crate) fn run(
    sh: &Shell,
    provider: Provider,
    bundled: bool,
    only: &[u32],
) -> anyhow::Result<()> {
    let (library, cargo) = if bundled {
        (Library::Bundled, Cargo::bundled(sh)?)
    } else {
        (Library::Linked, Cargo::linked(sh, provider)?)
    };
    let name = if bundled { "bundled" } else { "linked" };
    let home = Workspace::load(sh)?.target_dir.join("mutants").join(name);
    let tree = home.join("tree");
    copy(sh, &tree)?;
    let mutants: Vec<&Mutant> = all()
        .filter(|mutant| [Library::Any, library].contains(&mutant.library))
        .filter(|mutant| match mutant.check {
            Check::Torture(number, _) => only.is_empty() || only.contains(&number),
            Check::Tests(..) | Check::Plain(..) => only.is_empty(),
        })
        .collect();
    let check = |check: Check| check.run(sh, &cargo, &tree, &home);
    baseline(&mutants, check)?;
    let mut survivors = Vec::new();
    for mutant in &mutants {
        let guard = mutant.guard;
        match mutant.within(&tree, || check(mutant.check))? {
            Colour::Red(tests) => println!("caught {tests:3} times  {guard}"),
            Colour::Hangs => println!("caught: hangs     {guard}"),
            Colour::Green => {
                println!("SURVIVED          {guard}");
                survivors.push(guard);
            }
        }
    }
    println!("{} guards, {} not tested", mutants.len(), survivors.len());
    if survivors.is_empty() {
        Ok(())
    } else {
        bail!("no test fails without: {}", survivors.join("; "))
    }
}

fn all() -> impl Iterator<Item = &'static Mutant> {
    MUTANTS.iter().chain(ORACLES)
}

/// Runs each check on the sources as they are: what is red with every guard catches nothing.
fn baseline(
    mutants: &[&Mutant],
    run: impl Fn(Check) -> anyhow::Result<Colour>,
) -> anyhow::Result<()> {
    let mut checks: Vec<Check> = Vec::new();
    for mutant in mutants {
        if !checks.contains(&mutant.check) {
            checks.push(mutant.check);
        }
    }
    for check in &checks {
        let colour = run(*check)?;
        ensure!(
            colour == Colour::Green,
            "{check:?} is {colour:?} with every guard there"
        );
    }
    println!("{} checks are green with every guard there", checks.len());
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mutant_fits_the_sources() -> anyhow::Result<()> {
        for mutant in all() {
            let text = std::fs::read_to_string(workspace::root().join(mutant.file))?;
            assert_ne!(mutant.apply(&text)?, text, "{}", mutant.guard);
        }
        Ok(())
    }

    #[test]
    fn every_guard_has_tests() {
        assert!(MUTANTS.len() >= 15);
        assert!(all().all(|mutant| match mutant.check {
            Check::Tests(_, names) | Check::Plain(_, names) => !names.is_empty(),
            Check::Torture(_, cases) => cases > 0,
        }));
    }
}
