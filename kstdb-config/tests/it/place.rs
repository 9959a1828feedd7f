//! A directory of its own for a test, and a loader that sees nothing else.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use kstdb_config::{ConfigError, DbConfig, Loader};
use tempfile::TempDir;

/// A made-up machine: system, user, home and working directory below one root.
pub(crate) struct Place {
    directory: TempDir,
    root: PathBuf,
}

impl Place {
    pub(crate) fn new() -> io::Result<Self> {
        let directory = tempfile::tempdir()?;
        // Included files are named by their real path.
        let root = directory.path().canonicalize()?;
        fs::create_dir_all(root.join("work"))?;
        Ok(Self { directory, root })
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Writes a file and the directories above it.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> io::Result<PathBuf> {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap_or(self.directory.path()))?;
        fs::write(&path, text)?;
        Ok(path)
    }

    /// A loader with `work` as its working directory, `home` as its home, and no variable but
    /// those that lead to `etc1`, `etc2` and `user`, and the ones given.
    pub(crate) fn loader_with(&self, variables: &[(&str, &str)]) -> Loader {
        let system = [self.path("etc1"), self.path("etc2")];
        let system = std::env::join_paths(system).unwrap_or_default();
        let own = [
            ("XDG_CONFIG_DIRS".into(), system),
            ("XDG_CONFIG_HOME".into(), self.path("user").into_os_string()),
            ("HOME".into(), self.path("home").into_os_string()),
            ("USERPROFILE".into(), self.path("home").into_os_string()),
        ];
        let given = variables
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()));
        DbConfig::loader()
            .env::<std::ffi::OsString, std::ffi::OsString>(own.into_iter().chain(given))
            .working_dir(self.path("work"))
    }

    pub(crate) fn loader(&self) -> Loader {
        self.loader_with(&[])
    }

    /// Loads one named file and nothing else.
    pub(crate) fn load(&self, file: &Path) -> Result<DbConfig, ConfigError> {
        self.loader().without_files().file(file).load()
    }

    /// Writes one file and loads it and nothing else.
    pub(crate) fn load_text(
        &self,
        name: &str,
        text: &str,
    ) -> io::Result<Result<DbConfig, ConfigError>> {
        let file = self.write(name, text)?;
        Ok(self.load(&file))
    }
}
