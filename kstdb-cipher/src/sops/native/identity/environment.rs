//! What the environment of the process says about identities.

use std::ffi::OsString;
use std::path::PathBuf;

/// Looks a variable up.
type Variable = dyn Fn(&str) -> Option<OsString>;

/// Variables and directories of the user; a test brings its own.
pub(in crate::sops::native) struct Environment {
    variable: Box<Variable>,
    home: Option<PathBuf>,
}

impl Environment {
    /// That of this process.
    #[expect(
        clippy::disallowed_methods,
        reason = "sops finds its identities in the environment"
    )]
    pub(in crate::sops::native) fn of_process() -> Self {
        Self {
            variable: Box::new(|name| std::env::var_os(name)),
            home: std::env::home_dir().filter(|home| !home.as_os_str().is_empty()),
        }
    }

    #[cfg(test)]
    pub(super) fn of_test(home: PathBuf, variables: Vec<(&'static str, String)>) -> Self {
        let find = move |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| OsString::from(value))
        };
        Self {
            variable: Box::new(find),
            home: Some(home),
        }
    }

    /// A variable that is not empty.
    pub(super) fn variable(&self, name: &str) -> Option<OsString> {
        (self.variable)(name).filter(|value| !value.is_empty())
    }

    /// A file below the home directory.
    pub(super) fn in_home(&self, path: &str) -> Option<PathBuf> {
        Some(self.home.as_ref()?.join(path))
    }

    /// The file of identities that sops reads without being told.
    pub(super) fn keys_file(&self) -> Option<PathBuf> {
        let directory = if cfg!(windows) {
            PathBuf::from(self.variable("AppData")?)
        } else if let Some(directory) = self.variable("XDG_CONFIG_HOME") {
            directory.into()
        } else if cfg!(target_os = "macos") {
            self.in_home("Library/Application Support")?
        } else {
            self.in_home(".config")?
        };
        Some(directory.join("sops/age/keys.txt"))
    }
}
