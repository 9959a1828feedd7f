//! The loader: where it looks, what it is told, and the cascade in its order.

use std::error::Error;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use crate::environment::Environment;
use crate::error::ConfigError;
use crate::file::Decrypt;
use crate::include::Resolver;
use crate::layers::{self, Candidate};
use crate::merge::Partial;
use crate::model::DbConfig;
use crate::overrides::Overrides;
use crate::provenance::Layer;

/// The variable that names a settings file where the program names none.
const FILE_VARIABLE: &str = "KSTDB_CONFIG";

/// Loads the settings, layer by layer. What it is not told it takes from the process.
///
/// From low to high:
/// 1. the built-in defaults;
/// 2. `<dir>/kstdb/kstdb.conf.yml` for each directory of `$XDG_CONFIG_DIRS` (`/etc/xdg` when
///    unset), the last one first;
/// 3. `kstdb.conf.yml` in `$XDG_CONFIG_HOME` (`~/.config` when unset);
/// 4. `kstdb.conf.yml` in the home directory;
/// 5. `kstdb.conf.yml` in the working directory;
/// 6. the file that the program names, or else the variable `KSTDB_CONFIG`;
/// 7. variables such as `KSTDB__DB__POOL__MAX_SIZE`;
/// 8. [`Overrides`].
///
/// In the places 2 to 5 a `kstlib.conf.yml` (in 2 `<dir>/kstlib/kstlib.conf.yml`) serves where
/// there is no `kstdb.conf.yml`.
///
/// # Example
/// ```
/// use kstdb_config::DbConfig;
///
/// # fn main() -> Result<(), kstdb_config::ConfigError> {
/// let config = DbConfig::loader()
///     .without_files()
///     .env([("KSTDB__DB__POOL__MAX_SIZE", "1000")])
///     .load()?;
/// assert_eq!(config.pool.max_size, 100);
/// for report in config.settings().filter(|report| report.clamped.is_some()) {
///     println!("{report}");
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a loader does nothing until `load` is called"]
pub struct Loader {
    environment: Option<Environment>,
    working_dir: Option<PathBuf>,
    home: Option<PathBuf>,
    named: Named,
    discovery: bool,
    strict_format: bool,
    decrypt: Option<Box<Decrypt>>,
    overrides: Overrides,
}

/// How the named file gets its name.
#[derive(Debug)]
enum Named {
    /// By `KSTDB_CONFIG`, if it is set.
    ByDefault,
    /// By the program.
    File(PathBuf),
    /// By this variable, which must be set.
    Variable(String),
}

impl Loader {
    pub(crate) fn new() -> Self {
        Self {
            environment: None,
            working_dir: None,
            home: None,
            named: Named::ByDefault,
            discovery: true,
            strict_format: false,
            decrypt: None,
            overrides: Overrides::default(),
        }
    }

    /// Takes these variables instead of the process's, all of them: also `HOME`, `KSTDB_CONFIG`
    /// and `XDG_CONFIG_HOME`.
    pub fn env<K, V>(mut self, variables: impl IntoIterator<Item = (K, V)>) -> Self
    where
        K: Into<OsString>,
        V: Into<OsString>,
    {
        let variables = variables
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()));
        self.environment = Some(variables.collect());
        self
    }

    /// Takes this as the working directory: a layer, and where relative paths start.
    pub fn working_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.working_dir = Some(directory.into());
        self
    }

    /// Takes this as the home directory instead of `$HOME`.
    pub fn home(mut self, directory: impl Into<PathBuf>) -> Self {
        self.home = Some(directory.into());
        self
    }

    /// Names a settings file, which must exist. `KSTDB_CONFIG` is then ignored, and so is an
    /// earlier [`file_from_env`](Self::file_from_env).
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.named = Named::File(path.into());
        self
    }

    /// Names a variable that names the settings file; it must be set and not empty.
    /// `KSTDB_CONFIG` is then ignored, and so is an earlier [`file`](Self::file).
    pub fn file_from_env(mut self, variable: impl Into<String>) -> Self {
        self.named = Named::Variable(variable.into());
        self
    }

    /// Looks for no file: neither in the places of the cascade nor in `KSTDB_CONFIG`. One that
    /// [`file`](Self::file) or [`file_from_env`](Self::file_from_env) names is still read.
    pub fn without_files(mut self) -> Self {
        self.discovery = false;
        self
    }

    /// Whether a file may only include files of its own format. Default `false`.
    pub fn strict_format(mut self, strict: bool) -> Self {
        self.strict_format = strict;
        self
    }

    /// Gives the program's own settings: the highest layer.
    pub fn overrides(mut self, overrides: Overrides) -> Self {
        self.overrides = overrides;
        self
    }

    /// Sets how a file named `*.sops.*` is decrypted: the hook takes the path of the file and
    /// gives its text, in the format that the name ends in. Without it such a file is refused.
    ///
    /// # Security
    /// The hook's error becomes the source of [`ConfigError::Decryption`]: it must not hold
    /// anything of the text.
    pub fn decrypt_sops_with<F>(mut self, decrypt: F) -> Self
    where
        F: Fn(&Path) -> Result<SecretString, Box<dyn Error + Send + Sync>> + Send + Sync + 'static,
    {
        self.decrypt = Some(Box::new(decrypt));
        self
    }

    /// Reads every layer, checks it, and merges them. Nothing that is wrong in a layer passes
    /// because a higher one hides it.
    ///
    /// A number outside its limits is moved to the limit, with a warning through `tracing`.
    ///
    /// # Errors
    /// - [`ConfigError::NotFound`], [`Read`](ConfigError::Read),
    ///   [`TooLarge`](ConfigError::TooLarge),
    ///   [`UnsupportedFormat`](ConfigError::UnsupportedFormat),
    ///   [`Malformed`](ConfigError::Malformed): a file cannot be used;
    /// - [`ConfigError::Include`]: a file must not or cannot be included;
    /// - [`ConfigError::UnknownKey`], [`WrongType`](ConfigError::WrongType),
    ///   [`NotFinite`](ConfigError::NotFinite): a key or value below `db`, or of a `KSTDB__`
    ///   variable, is not what a setting takes;
    /// - [`ConfigError::EncryptedValue`], [`NoDecryption`](ConfigError::NoDecryption),
    ///   [`Decryption`](ConfigError::Decryption): something encrypted by SOPS stays so;
    /// - [`ConfigError::VariableNotSet`]: the variable of `file_from_env` names no file;
    /// - [`ConfigError::WorkingDirectory`]: the process has no working directory.
    pub fn load(self) -> Result<DbConfig, ConfigError> {
        let environment = self.environment.unwrap_or_else(Environment::of_process);
        let working_dir = match self.working_dir {
            Some(directory) => directory,
            None => std::env::current_dir()
                .map_err(|source| ConfigError::WorkingDirectory { source })?,
        };

        let mut files = Vec::new();
        if self.discovery {
            let home = self.home.or_else(|| layers::home(&environment));
            files = layers::find(&environment, home.as_deref(), &working_dir)?;
        }
        let named = match self.named {
            Named::ByDefault if self.discovery => environment.path(FILE_VARIABLE),
            Named::ByDefault => None,
            Named::File(path) => Some(path),
            Named::Variable(variable) => match environment.path(&variable) {
                Some(path) => Some(path),
                None => return Err(ConfigError::VariableNotSet { variable }),
            },
        };
        if let Some(path) = named {
            files.push(Candidate {
                layer: Layer::NamedFile,
                path: working_dir.join(path),
            });
        }

        let mut settings = Partial::default();
        for Candidate { layer, path } in files {
            let resolver = Resolver::new(layer, self.decrypt.as_deref(), self.strict_format);
            settings.overlay(&resolver.resolve(&path)?);
        }
        settings.overlay(&environment.settings(&working_dir)?);
        settings.overlay(&self.overrides.into_partial(&working_dir)?);
        Ok(settings.resolve())
    }
}

impl fmt::Debug for Loader {
    /// Shows what the loader was told, without the variables: any of them may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loader")
            .field("working_dir", &self.working_dir)
            .field("home", &self.home)
            .field("named", &self.named)
            .field("discovery", &self.discovery)
            .field("strict_format", &self.strict_format)
            .field("overrides", &self.overrides)
            .finish_non_exhaustive()
    }
}
