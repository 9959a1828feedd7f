//! A shell script in the place of the `sops` program.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use kstdb_core::SopsSource;
use kstdb_core::cipher::SopsReader;

use super::Files;

/// A directory with a SOPS file, and a program that pretends to be sops.
pub(crate) struct FakeSops(Files);

impl FakeSops {
    pub(crate) fn new(script: &str) -> std::io::Result<Self> {
        let files = Files::new()?;
        std::fs::write(files.path("secrets.yml"), "sops: {}")?;
        // Written by another process: a descriptor that is open for writing here could be
        // inherited by the children of other tests, and the program would be "busy".
        let mut writer = Command::new("sh")
            .args(["-c", "cat > \"$0\" && chmod 700 \"$0\""])
            .arg(files.path("sops"))
            .stdin(Stdio::piped())
            .spawn()?;
        if let Some(mut stdin) = writer.stdin.take() {
            write!(stdin, "#!/bin/sh\n{script}\n")?;
        }
        writer.wait()?;
        Ok(Self(files))
    }

    /// A program that prints this document and keeps a count of its runs.
    pub(crate) fn printing(document: &str) -> std::io::Result<Self> {
        Self::new(&format!(
            "echo run >> \"$(dirname \"$0\")/runs\"\ncat <<'END'\n{document}\nEND"
        ))
    }

    pub(crate) fn source(&self) -> SopsSource {
        SopsSource::new(self.0.path("secrets.yml"))
            .reader(SopsReader::Program)
            .program(self.0.path("sops"))
    }

    /// The directory of the program, for `PATH`.
    pub(crate) fn dir(&self) -> PathBuf {
        self.0.dir().to_owned()
    }

    #[cfg(feature = "sqlcipher")]
    /// Counts how often the program ran.
    pub(crate) fn runs(&self) -> usize {
        std::fs::read_to_string(self.0.path("runs")).map_or(0, |runs| runs.lines().count())
    }
}
