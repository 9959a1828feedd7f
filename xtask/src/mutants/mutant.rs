//! A guard, and the change that takes it away.

use std::path::Path;

use anyhow::ensure;

use super::check::Check;

/// Which SQLCipher a mutant is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Library {
    Any,
    /// 4.20, which xtask builds.
    Linked,
    /// 4.10, which libsqlite3-sys bundles.
    Bundled,
}

#[derive(Debug)]
pub(super) struct Mutant {
    pub(super) guard: &'static str,
    pub(super) file: &'static str,
    /// Stands once in the file.
    pub(super) from: &'static str,
    pub(super) to: &'static str,
    pub(super) library: Library,
    /// What must turn red.
    pub(super) check: Check,
}

impl Mutant {
    /// The file without the guard.
    pub(super) fn apply(&self, text: &str) -> anyhow::Result<String> {
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

    /// Does something in a tree of sources that lacks the guard.
    pub(super) fn within<T>(
        &self,
        tree: &Path,
        run: impl FnOnce() -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let path = tree.join(self.file);
        let text = std::fs::read_to_string(&path)?;
        std::fs::write(&path, self.apply(&text)?)?;
        let done = run();
        std::fs::write(&path, text)?;
        done
    }
}
