//! One build of SQLCipher on disk: found, or made.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, bail};
use xshell::Shell;

use super::compile::{self, Compilation};
use super::recipe::Recipe;
use super::{Provider, Variables};
use crate::machine::Machine;

/// The file in a build that holds its recipe. It is written last.
const STAMP: &str = "recipe.txt";

/// A complete build: `lib/libsqlcipher.a`, `lib/pkgconfig/sqlcipher.pc`, `include/sqlite3.h`.
#[derive(Debug)]
pub(crate) struct Library {
    dir: PathBuf,
}

impl Library {
    /// Finds the build below `target_dir`, or makes it; `force` makes it in any case.
    ///
    /// Of two at once, one builds and the other waits.
    ///
    /// # Errors
    ///
    /// - a tool is missing: one line for each, with its remedy
    /// - the compiler fails
    /// - the directory cannot be written
    pub(crate) fn ensure(
        sh: &Shell,
        target_dir: &Path,
        provider: Provider,
        force: bool,
    ) -> anyhow::Result<Self> {
        let machine = Machine::probe(sh)?;
        let missing = machine.missing(provider);
        if !missing.is_empty() {
            bail!("{}", missing.join("\nerror: "));
        }
        let recipe = Recipe::new(provider, &machine, &compile::arguments(&machine.host)?);
        let home = target_dir.join("sqlcipher").join(provider.name());
        let library = Self {
            dir: home.join(recipe.directory()),
        };
        if !force && library.is_built_by(&recipe) {
            return Ok(library);
        }
        fs::create_dir_all(&home).with_context(|| format!("cannot create {}", home.display()))?;
        let _turn = lock(&home.join("lock"))?;
        if force || !library.is_built_by(&recipe) {
            library.make(sh, provider, &machine, &recipe)?;
        }
        Ok(library)
    }

    /// What tells libsqlite3-sys to link this build.
    pub(crate) fn variables(&self) -> Variables {
        Variables::new(&self.dir.join("lib"), &self.dir.join("include"))
    }

    fn is_built_by(&self, recipe: &Recipe) -> bool {
        fs::read_to_string(self.dir.join(STAMP)).is_ok_and(|text| text == recipe.text())
    }

    /// Builds beside the final directory and moves the whole there: no one ever sees half of it.
    fn make(
        &self,
        sh: &Shell,
        provider: Provider,
        machine: &Machine,
        recipe: &Recipe,
    ) -> anyhow::Result<()> {
        let start = Instant::now();
        eprintln!(
            "building SQLCipher {} ({})",
            sqlcipher_src::SQLCIPHER_VERSION,
            provider.name()
        );
        let unfinished = self.dir.with_file_name("unfinished");
        remove_dir(&unfinished)?;
        Compilation {
            sh,
            provider,
            machine,
            dir: &unfinished,
        }
        .run()?;
        fs::write(unfinished.join(STAMP), recipe.text())?;
        remove_dir(&self.dir)?;
        fs::rename(&unfinished, &self.dir)
            .with_context(|| format!("cannot move the build to {}", self.dir.display()))?;
        eprintln!(
            "built in {:.0} s: {}",
            start.elapsed().as_secs_f64(),
            self.dir.display()
        );
        Ok(())
    }
}

/// Holds the lock until the file is dropped; the system releases it if the process dies.
fn lock(path: &Path) -> anyhow::Result<File> {
    let file = File::create(path).with_context(|| format!("cannot create {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            eprintln!("waiting for another build of SQLCipher");
            file.lock()?;
        }
        Err(TryLockError::Error(error)) => return Err(error.into()),
    }
    Ok(file)
}

fn remove_dir(dir: &Path) -> anyhow::Result<()> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", dir.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn build_without_its_stamp_or_with_another_is_not_used() -> anyhow::Result<()> {
        let sh = Shell::new()?;
        let temp = sh.create_temp_dir()?;
        let recipe = |arguments| Recipe::new(Provider::Libtomcrypt, &Machine::default(), arguments);
        let library = Library {
            dir: temp.path().to_owned(),
        };
        assert!(!library.is_built_by(&recipe("-O3")));
        fs::write(temp.path().join(STAMP), recipe("-O3").text())?;
        assert!(library.is_built_by(&recipe("-O3")));
        assert!(!library.is_built_by(&recipe("-O2")));
        Ok(())
    }

    #[test]
    fn second_build_waits_for_the_first() -> anyhow::Result<()> {
        let sh = Shell::new()?;
        let temp = sh.create_temp_dir()?;
        let path = temp.path().join("lock");
        let first = lock(&path)?;
        assert!(matches!(
            File::open(&path)?.try_lock(),
            Err(TryLockError::WouldBlock)
        ));
        drop(first);
        lock(&path)?;
        Ok(())
    }
}
