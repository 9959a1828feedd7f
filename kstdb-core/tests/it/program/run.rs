//! Runs the program in a directory of its own, where nothing of the machine takes part.

use std::error::Error;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

pub(super) type TestResult<T = ()> = Result<T, Box<dyn Error>>;

/// Never in any output.
pub(super) const CANARY: &str = "canary-4711-sesame";

/// The variable that holds [`CANARY`].
pub(super) const KEY: [&str; 2] = ["--key-env", "CANARY_KEY"];

/// A directory that is home, working directory and place of the database `a.db`.
pub(super) struct Place {
    dir: TempDir,
}

/// What a run of the program left behind.
pub(super) struct Ran {
    pub(super) code: i32,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Place {
    pub(super) fn new() -> TestResult<Self> {
        Ok(Self {
            dir: tempfile::tempdir()?,
        })
    }

    /// A place whose `a.db` is encrypted, with a table `t` of two rows.
    pub(super) fn with_database() -> TestResult<Self> {
        let place = Self::new()?;
        place.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)")?;
        place.exec("INSERT INTO t (name) VALUES ('Ada'), ('Grace')")?;
        Ok(place)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes a file of mode 0600.
    pub(super) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> TestResult<PathBuf> {
        let path = self.path(name);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&path)?.write_all(text.as_ref())?;
        Ok(path)
    }

    /// The program, with nothing of this process's environment but the key.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kstdb"));
        command
            .env_clear()
            .env("HOME", self.dir.path())
            .env("XDG_CONFIG_DIRS", self.dir.path())
            .env("CANARY_KEY", CANARY)
            .current_dir(self.dir.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs the program to its end, whatever that is.
    pub(super) fn run<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> TestResult<Ran> {
        Ran::of(self.command().args(args).output()?)
    }

    /// Runs the program with the key.
    pub(super) fn run_keyed<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> TestResult<Ran> {
        self.run(KEY.into_iter().chain(args))
    }

    /// Runs a statement on `a.db`, which must succeed.
    pub(super) fn exec(&self, sql: &str) -> TestResult {
        self.run_keyed(["exec", "a.db", sql])?.succeeded().map(drop)
    }

    /// What the first column of a query on `a.db` is, line by line.
    pub(super) fn column(&self, sql: &str) -> TestResult<Vec<String>> {
        let stdout = self.run_keyed(["query", "a.db", sql])?.succeeded()?;
        Ok(stdout.lines().skip(1).map(str::to_owned).collect())
    }

    /// Every file of the place, with its bytes.
    pub(super) fn files(&self) -> TestResult<Vec<(PathBuf, Vec<u8>)>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(self.dir.path())? {
            let path = entry?.path();
            files.push((path.clone(), fs::read(path)?));
        }
        files.sort();
        Ok(files)
    }
}

impl Ran {
    pub(super) fn of(output: Output) -> TestResult<Self> {
        Ok(Self {
            code: output.status.code().ok_or("the program was killed")?,
            stdout: String::from_utf8(output.stdout)?,
            stderr: String::from_utf8(output.stderr)?,
        })
    }

    /// The output of a run that must have succeeded without a word on stderr.
    pub(super) fn succeeded(self) -> TestResult<String> {
        if self.code == 0 && self.stderr.is_empty() {
            Ok(self.stdout)
        } else {
            Err(format!("exit code {}: {}", self.code, self.stderr).into())
        }
    }

    /// The message of a run that must have failed with this exit code and printed no result.
    pub(super) fn failed(self, code: i32) -> TestResult<String> {
        if self.code == code && self.stdout.is_empty() {
            Ok(self.stderr)
        } else {
            Err(format!("exit code {}: {}{}", self.code, self.stdout, self.stderr).into())
        }
    }
}

/// Reads JSON that the program printed.
pub(super) fn json(text: &str) -> TestResult<Value> {
    Ok(serde_json::from_str(text)?)
}

/// A file of `tests/fixtures/kstlib`, or that of kstdb-cipher.
pub(super) fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
