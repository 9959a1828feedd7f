//! The files of the workspace as text, and what is found in them.

use std::fmt;
use std::path::Path;

use anyhow::Context as _;
use xshell::{Shell, cmd};

use crate::workspace;

/// A file that is, or will be, in the repository.
#[derive(Debug)]
pub(super) struct File {
    /// From the root, with `/`.
    pub(super) path: String,
    /// `None` if the file is not UTF-8: no rule speaks about such files.
    pub(super) text: Option<String>,
}

impl File {
    #[cfg(test)]
    pub(super) fn new(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: Some(text.to_owned()),
        }
    }

    /// The last part of the path.
    pub(super) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    pub(super) fn has_extension(&self, extension: &str) -> bool {
        Path::new(&self.path)
            .extension()
            .is_some_and(|found| found == extension)
    }

    /// The lines with their numbers, from 1.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.as_deref().unwrap_or_default().lines())
    }

    pub(super) fn finding(&self, line: usize, message: impl Into<String>) -> Finding {
        Finding {
            path: self.path.clone(),
            line,
            message: message.into(),
        }
    }
}

/// A broken rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Finding {
    pub(super) path: String,
    /// From 1.
    pub(super) line: usize,
    pub(super) message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)
    }
}

/// Every file that git tracks or would add; without git, every file outside `target` and `.git`.
pub(super) fn list(sh: &Shell) -> anyhow::Result<Vec<File>> {
    let root = workspace::root();
    let git = cmd!(
        sh,
        "git -C {root} ls-files -z --cached --others --exclude-standard"
    );
    let paths = match git.quiet().ignore_stderr().read() {
        Ok(list) => list.split_terminator('\0').map(str::to_owned).collect(),
        Err(_) => walk(sh, root)?,
    };
    let files = paths.into_iter().filter(|path| root.join(path).is_file());
    files.map(|path| read(sh, root, path)).collect()
}

fn read(sh: &Shell, root: &Path, path: String) -> anyhow::Result<File> {
    let bytes = sh.read_binary_file(root.join(&path))?;
    Ok(File {
        path,
        text: String::from_utf8(bytes).ok(),
    })
}

fn walk(sh: &Shell, root: &Path) -> anyhow::Result<Vec<String>> {
    let mut paths = Vec::new();
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        for path in sh.read_dir(&directory)? {
            let skipped = path.ends_with("target") || path.ends_with(".git");
            if path.is_dir() && !skipped {
                directories.push(path);
            } else if path.is_file() {
                let relative = path
                    .strip_prefix(root)?
                    .to_str()
                    .context("a path is not UTF-8")?;
                paths.push(relative.replace(std::path::MAIN_SEPARATOR, "/"));
            }
        }
    }
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finding_is_printed_as_a_place_that_editors_open() {
        let finding = File::new("a/b.rs", "").finding(7, "message");
        assert_eq!(finding.to_string(), "a/b.rs:7: message");
    }

    #[test]
    fn walk_finds_what_git_lists() -> anyhow::Result<()> {
        let sh = Shell::new()?;
        let walked = walk(&sh, workspace::root())?;
        assert!(walked.iter().any(|path| path == "xtask/src/tidy/files.rs"));
        assert!(!walked.iter().any(|path| path.starts_with("target/")));
        Ok(())
    }
}
