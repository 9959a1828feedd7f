//! Runs every rule over every file; the verb and the test share it.

use anyhow::bail;
use xshell::Shell;

use super::files::{self, File, Finding};
use super::{layout, manifest, rust};
use crate::flags;

impl flags::Tidy {
    pub(crate) fn run(self, sh: &Shell) -> anyhow::Result<()> {
        let findings = check(&files::list(sh)?);
        for finding in &findings {
            eprintln!("{finding}");
        }
        match findings.len() {
            0 => Ok(()),
            count => bail!("the house is not tidy: {count} findings"),
        }
    }
}

fn check(files: &[File]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = files.iter().flat_map(|file| each(file, files)).collect();
    findings.extend(layout::migrations(files));
    findings.sort();
    findings
}

fn each(file: &File, files: &[File]) -> Vec<Finding> {
    let mut findings = layout::check(file);
    if file.has_extension("rs") {
        findings.extend(rust::check(file));
    }
    if file.name() == "Cargo.toml" {
        findings.extend(manifest::check(file, files));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workspace_is_tidy() -> anyhow::Result<()> {
        let findings = check(&files::list(&Shell::new()?)?);
        let lines: Vec<String> = findings.iter().map(Finding::to_string).collect();
        assert!(lines.is_empty(), "{}", lines.join("\n"));
        Ok(())
    }

    #[test]
    fn findings_are_sorted_by_place() {
        let files = [
            File::new("b.rs", "\u{e9}"),
            File::new("a.rs", "//! A.\n\u{e9}\n\u{e9}"),
        ];
        let places: Vec<_> = check(&files)
            .into_iter()
            .map(|found| (found.path, found.line))
            .collect();
        assert!(places.is_sorted());
        assert!(!places.is_empty());
    }
}
