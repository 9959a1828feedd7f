//! A child at its stages, as its parent sees it.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};

use anyhow::{Context as _, ensure};
use clap::ValueEnum as _;
use kstdb_core::{AsyncDatabase, CipherKey, DbConfig};
use tempfile::TempDir;

use super::child::{self, KEY_FILE, NEXT_KEY_FILE};
use super::places::Passphrases;
use super::stages::{ABORT, GO_ON, Stage};
use crate::cases::Role;
use crate::support::on_runtime;

/// The variable that a control has its passphrase in.
const VARIABLE: &str = "KSTDB_TORTURE_PLANTED";

/// A child, its folder and its secrets.
#[derive(Debug)]
pub(super) struct Program {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    folder: TempDir,
    pub(super) secrets: Passphrases,
}

impl Program {
    /// Makes a database and starts a child that is going to open it.
    pub(super) fn start(rng: &mut fastrand::Rng, planted: bool) -> anyhow::Result<Self> {
        let secrets = Passphrases::of(rng);
        let folder = tempfile::tempdir()?;
        let database = folder.path().join("app.db");
        on_runtime(create(&database, &secrets.first))?;
        private(&folder.path().join(KEY_FILE), &secrets.first)?;
        private(&folder.path().join(NEXT_KEY_FILE), &secrets.next)?;
        let name = Role::Secrets.to_possible_value().context("a name")?;
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(["--trace", "--child", name.get_name(), "--seed"])
            .arg(child::seed(planted).to_string())
            .arg("--database")
            .arg(database)
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(folder.path().join("stderr"))?);
        if planted {
            command.env(VARIABLE, &secrets.first);
            command.arg(OsString::from(format!("--planted={}", secrets.first)));
        }
        let mut child = command.spawn().context("cannot start a child")?;
        let stdin = child.stdin.take().context("no pipe")?;
        let stdout = BufReader::new(child.stdout.take().context("no pipe")?);
        Ok(Self {
            child,
            stdin,
            stdout,
            folder,
            secrets,
        })
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn database(&self) -> PathBuf {
        self.folder().join("app.db")
    }

    /// Waits until the child is there.
    pub(super) fn reaches(&mut self, stage: Stage) -> anyhow::Result<()> {
        let mut line = String::new();
        self.stdout.read_line(&mut line)?;
        ensure!(
            line.trim() == stage.name(),
            "{line:?} in the place of {stage:?}: {}",
            self.told()?
        );
        Ok(())
    }

    pub(super) fn go_on(&mut self) -> anyhow::Result<()> {
        Ok(writeln!(self.stdin, "{GO_ON}")?)
    }

    /// Has the child end itself, in the middle of everything.
    pub(super) fn abort(&mut self) -> anyhow::Result<ExitStatus> {
        writeln!(self.stdin, "{ABORT}")?;
        Ok(self.child.wait()?)
    }

    /// Waits until the child has ended by itself.
    pub(super) fn end(&mut self) -> anyhow::Result<()> {
        self.go_on()?;
        let status = self.child.wait()?;
        ensure!(status.success(), "it ended with {status}: {}", self.told()?);
        Ok(())
    }

    /// What it has told on stderr: the log of every crate, everything that it has printed, and panics.
    pub(super) fn told(&self) -> anyhow::Result<String> {
        let bytes = std::fs::read(self.folder().join("stderr"))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It has ended long since, or its case has failed.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

async fn create(database: &Path, passphrase: &str) -> anyhow::Result<()> {
    let db = AsyncDatabase::builder(database)
        .config(DbConfig::default())
        .key(CipherKey::passphrase(passphrase)?)
        .connect()
        .await?;
    db.execute("CREATE TABLE here (n)", ()).await?;
    db.close().await?;
    Ok(())
}

/// Writes a file for its owner alone.
fn private(path: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(path, text)?;
    Ok(std::fs::set_permissions(
        path,
        std::fs::Permissions::from_mode(0o600),
    )?)
}
