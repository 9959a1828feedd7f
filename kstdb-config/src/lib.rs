//! The settings of kstdb: a cascade of files and variables, every number clamped to its hard limits.
//!
//! [`DbConfig::load`] reads the settings files and variables of a process, [`DbConfig::loader`]
//! lets a program say where to look and what to prefer. A `kstlib.conf.yml` of Python's kstlib
//! works as it is. What is wrong is an error that names file and key and never a value; a number
//! outside its limits is clamped, with a warning; and every setting knows which layer it is from.
//!
//! Not for the settings of an application: whatever stands outside the top-level key `db` is
//! ignored.
//!
//! # Example
//! ```
//! use kstdb_config::{DbConfig, Layer};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let directory = tempfile::tempdir()?;
//! let file = directory.path().join("app.yml");
//! std::fs::write(&file, "db:\n  pool:\n    max_size: 20\n")?;
//!
//! let config = DbConfig::loader().without_files().file(&file).load()?;
//! assert_eq!(config.pool.max_size, 20);
//! assert_eq!(config.origin("db.pool.max_size"), Some(&Layer::NamedFile(file)));
//! assert_eq!(config.origin("db.pool.min_size"), Some(&Layer::Default));
//! # Ok(())
//! # }
//! ```
//!
//! # A settings file, with the defaults
//! ```yaml
//! include: []                # files of this directory that this one builds on
//! db:
//!   pool:
//!     min_size: 1            # 0 to 10, at most max_size
//!     max_size: 10           # 1 to 100
//!     acquire_timeout: 30.0  # seconds, 1 to 300
//!   retry:
//!     max_attempts: 3        # in all, 1 to 10
//!     delay: 0.5             # seconds, 0.1 to 60
//!   cipher:
//!     enabled: false
//!     key_source: env        # env, sops, passphrase, file, credential or keyring
//!     key_env: KSTLIB_DB_KEY
//!     sops_path: null        # relative to the directory of this file
//!     sops_key: db_key
//!     sops_identity: null    # relative as sops_path is
//!     key_file: null         # as sops_path
//!     credential: db_key     # in $CREDENTIALS_DIRECTORY
//!     keyring_service: kstdb
//!     keyring_user: db_key
//!     passphrase: null
//! ```
//! The same in TOML (`.toml`), JSON (`.json`) and INI (`.ini`, sections `[db.pool]`). A number or
//! boolean in quotes is refused, except in INI and in variables, which have only text; there
//! `yes`, `no`, `on`, `off`, `1` and `0` are booleans too. A `null` sets nothing.
//!
//! # Includes
//! `include` names a file or a list of files, each relative to the directory of the including
//! file. Later ones win over earlier ones, and the file itself over all of them. An absolute
//! path, one that leaves the directory, a symbolic link, a cycle, and more than
//! [`limits::INCLUDE_DEPTH`] files in a row are refused; two files may include the same third.
//!
//! # Security
//! A passphrase in a settings file is for trying things out: the parsers leave copies of the file
//! in freed memory, and on Unix a warning names the file when others may read it. From the
//! settings on it is a [`secrecy::SecretString`]. A value that SOPS encrypted is never used as it
//! stands: [`Loader::decrypt_sops_with`] decrypts files named `*.sops.*`, and below `db` of any
//! other file such a value is an error.
//!
//! # Modules
//! [`limits`] has the hard limits; everything else is at the root: [`DbConfig`] and its parts,
//! [`Loader`] and [`Overrides`], [`SettingReport`] with [`Layer`] and [`Clamp`], and
//! [`ConfigError`]. There are no features.

mod loader;
mod model;
mod overrides;

mod convert;
mod document;
mod environment;
mod file;
mod format;
mod include;
mod layers;
mod schema;

mod error;
pub mod limits;
mod merge;
#[cfg(test)]
mod produced;
mod provenance;

pub use error::{ConfigError, FileProblem, IncludeProblem, Position};
pub use loader::Loader;
pub use model::{CipherConfig, DbConfig, KeySourceKind, PoolConfig, RetryConfig};
pub use overrides::Overrides;
pub use provenance::{Clamp, Layer, Limit, SettingReport};
pub use secrecy;
