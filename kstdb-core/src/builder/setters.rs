//! What a program says about its database.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_core::future::BoxFuture;
use kstdb_cipher::{
    CipherCompatibility, CipherKey, CipherProfile, CredentialSource, KeyCache, KeyFileSource,
    KeyRequest, KeySource, KeyringSource, SopsSource,
};
use kstdb_config::DbConfig;
use secrecy::SecretString;
use sqlx::SqliteConnection;

use crate::database::AsyncDatabase;
use crate::error::DatabaseError;
use crate::open::{self, FileRules, OpenMode, Synchronous};
use crate::pool::ConnectionPool;
use crate::session::OnConnect;
use crate::settings::{ConfigSource, PoolOverrides};

/// How long a statement waits for another process. Default of `busy_timeout`.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// From when on a statement is slow. Default of `slow_statement`.
const SLOW_STATEMENT: Duration = Duration::from_secs(1);

/// The longest `busy_timeout`: SQLite counts milliseconds in an `int`, and drivers panic beyond.
const LONGEST_BUSY_TIMEOUT: Duration = Duration::from_secs(3_600);

/// What a program says about its database. [`AsyncDatabase::builder`] makes one.
///
/// What is not said comes from the cascade of settings ([`DbConfig`]). Numbers outside their range
/// are moved to the nearest limit, with a warning. Keys have an order: [`key`](Self::key),
/// [`passphrase`](Self::passphrase), [`key_source`](Self::key_source), [`key_env`](Self::key_env),
/// [`key_sops`](Self::key_sops), [`key_file`](Self::key_file),
/// [`key_credential`](Self::key_credential), [`key_keyring`](Self::key_keyring), then `db.cipher`
/// of the settings. A source that is named and yields nothing is an error, never an unencrypted
/// database.
#[must_use = "a builder does nothing until `connect` or `build`"]
pub struct DatabaseBuilder {
    pub(super) path: PathBuf,
    pub(super) key: Option<Arc<CipherKey>>,
    pub(super) key_source: Option<Arc<dyn KeySource>>,
    pub(super) key_request: KeyRequest,
    pub(super) key_cache: Option<KeyCache>,
    pub(super) config: ConfigSource,
    pub(super) overrides: PoolOverrides,
    pub(super) rules: FileRules,
    pub(super) synchronous: Synchronous,
    pub(super) foreign_keys: bool,
    pub(super) busy_timeout: Duration,
    pub(super) cache_bytes: u64,
    pub(super) slow_statement: Option<Duration>,
    pub(super) several_writers: bool,
    pub(super) on_connect: Option<OnConnect>,
}

impl DatabaseBuilder {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self {
            path,
            key: None,
            key_source: None,
            key_request: KeyRequest::new(),
            key_cache: None,
            config: ConfigSource::Cascade { file: None },
            overrides: PoolOverrides::default(),
            rules: FileRules {
                mode: OpenMode::ReadWrite,
                create_if_missing: true,
                follow_symlinks: false,
                allow_hard_links: false,
                require_private: false,
                profile: CipherProfile::default(),
            },
            synchronous: Synchronous::default(),
            foreign_keys: true,
            busy_timeout: BUSY_TIMEOUT,
            cache_bytes: open::CACHE_BYTES,
            slow_statement: Some(SLOW_STATEMENT),
            several_writers: false,
            on_connect: None,
        }
    }

    /// Encrypts with this key.
    pub fn key(mut self, key: CipherKey) -> Self {
        self.key = Some(Arc::new(key));
        self
    }

    /// Encrypts with a passphrase, which the KDF stretches. An empty one is an error.
    ///
    /// # Security
    /// The passphrase is wiped once the database is open.
    pub fn passphrase(mut self, passphrase: impl Into<SecretString>) -> Self {
        self.key_request = self.key_request.passphrase(passphrase);
        self
    }

    /// Encrypts with the key that a source of the program's own yields.
    pub fn key_source(mut self, source: impl KeySource + 'static) -> Self {
        self.key_source = Some(Arc::new(source));
        self
    }

    /// Encrypts with the key in an environment variable, which must be set and not empty.
    pub fn key_env(mut self, variable: impl Into<String>) -> Self {
        self.key_request = self.key_request.env_var(variable);
        self
    }

    /// Encrypts with a key out of a SOPS file.
    pub fn key_sops(mut self, source: SopsSource) -> Self {
        self.key_request = self.key_request.sops(source);
        self
    }

    /// Encrypts with the key in a file, which must be private: see [`KeyFileSource`].
    pub fn key_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.key_request = self.key_request.key_file(KeyFileSource::new(path));
        self
    }

    /// Encrypts with a credential that systemd passes to the service: see [`CredentialSource`].
    pub fn key_credential(mut self, name: impl Into<String>) -> Self {
        let source = CredentialSource::new(name);
        self.key_request = self.key_request.credential(source);
        self
    }

    /// Encrypts with a key out of the operating system's keyring, for which the feature `keyring`
    /// is needed.
    pub fn key_keyring(mut self, source: KeyringSource) -> Self {
        self.key_request = self.key_request.keyring(source);
        self
    }

    /// Takes the derived key out of a cache, or puts it there, so that opening the same file again
    /// skips the KDF. Default: no cache, and every opening derives the key.
    ///
    /// # Security
    /// The cache keeps raw keys in memory after [`close`](AsyncDatabase::close), as long as it
    /// lives: see [`KeyCache`].
    pub fn key_cache(mut self, cache: KeyCache) -> Self {
        self.key_cache = Some(cache);
        self
    }

    /// Takes the settings as given, instead of reading the cascade.
    pub fn config(mut self, config: DbConfig) -> Self {
        self.config = ConfigSource::Given(Box::new(config));
        self
    }

    /// Reads this file in the cascade, in place of the one that `KSTDB_CONFIG` names.
    pub fn config_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.config = ConfigSource::Cascade {
            file: Some(path.into()),
        };
        self
    }

    /// Connections opened at once. Default 1, range 0 to 10, at most the maximum.
    pub fn min_connections(mut self, min_connections: u32) -> Self {
        self.overrides.min_connections = Some(min_connections);
        self
    }

    /// The most connections that are open. Default 10, range 1 to 100; 1 in memory.
    pub fn max_connections(mut self, max_connections: u32) -> Self {
        self.overrides.max_connections = Some(max_connections);
        self
    }

    /// The longest wait for a connection or the writer turn. Default 30 s, range 1 s to 300 s.
    pub fn acquire_timeout(mut self, acquire_timeout: Duration) -> Self {
        self.overrides.acquire_timeout = Some(acquire_timeout);
        self
    }

    /// How often opening a connection is tried. Default 3, range 1 to 10.
    pub fn max_attempts(mut self, max_attempts: u32) -> Self {
        self.overrides.max_attempts = Some(max_attempts);
        self
    }

    /// The pause between two attempts. Default 0.5 s, range 0.1 s to 60 s.
    pub fn retry_delay(mut self, retry_delay: Duration) -> Self {
        self.overrides.retry_delay = Some(retry_delay);
        self
    }

    /// How long a statement waits for a lock that another process holds. Default 5 s, at most an
    /// hour. Tasks of this process never wait for that lock: they queue for the writer turn.
    pub fn busy_timeout(mut self, busy_timeout: Duration) -> Self {
        self.busy_timeout = busy_timeout.min(LONGEST_BUSY_TIMEOUT);
        if busy_timeout > LONGEST_BUSY_TIMEOUT {
            let used = self.busy_timeout;
            tracing::warn!(given = ?busy_timeout, ?used, "busy_timeout is out of range");
        }
        self
    }

    /// How many bytes of the database each connection keeps decrypted in memory, once it has read
    /// them. Default 8 MiB, at least 1 KiB: what is not kept is read, authenticated and decrypted
    /// each time.
    pub fn cache_size_bytes(mut self, bytes: u64) -> Self {
        self.cache_bytes = bytes;
        self
    }

    /// From when on a statement is slow, which is logged at WARN, with its text but no value. What
    /// counts is the statement's own time, without waiting for a connection, the writer turn or the
    /// commit. Default 1 s; `None` means never.
    pub fn slow_statement(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.slow_statement = limit.into();
        self
    }

    /// Whether this process may write although another process of kstdb is writing the same file,
    /// with an SQLite that lacks the fix of the
    /// [WAL-reset bug](https://www.sqlite.org/wal.html#walresetbug) (before 3.51.3): the two can
    /// damage the database. Default `false`: there the second process is refused with
    /// [`WritersElsewhere`](crate::DatabaseConnectionError::WritersElsewhere). With the fix any number of
    /// processes may write, and this changes nothing.
    pub fn allow_several_writing_processes(mut self, allow: bool) -> Self {
        self.several_writers = allow;
        self
    }

    /// How hard a commit is pushed to the disk. Default [`Synchronous::Full`].
    pub fn synchronous(mut self, synchronous: Synchronous) -> Self {
        self.synchronous = synchronous;
        self
    }

    /// Whether foreign keys are enforced. Default `true`.
    pub fn foreign_keys(mut self, foreign_keys: bool) -> Self {
        self.foreign_keys = foreign_keys;
        self
    }

    /// Opens a file that an older SQLCipher wrote. Default
    /// [`V4`](kstdb_cipher::CipherCompatibility::V4).
    pub fn cipher_compatibility(mut self, compatibility: CipherCompatibility) -> Self {
        self.rules.profile = compatibility.profile();
        self
    }

    /// Opens and creates the file with another page size or number of KDF rounds than those of a
    /// generation, which no other tool finds out by itself.
    pub fn cipher_profile(mut self, profile: CipherProfile) -> Self {
        self.rules.profile = profile;
        self
    }

    /// Whether the program writes. Default [`OpenMode::ReadWrite`].
    pub fn open_mode(mut self, mode: OpenMode) -> Self {
        self.rules.mode = mode;
        self
    }

    /// Whether a missing file is created. Default `true`.
    pub fn create_if_missing(mut self, create_if_missing: bool) -> Self {
        self.rules.create_if_missing = create_if_missing;
        self
    }

    /// Whether a symbolic link is followed. Default `false`: it is refused. The directories above
    /// the file may be links.
    pub fn follow_symlinks(mut self, follow_symlinks: bool) -> Self {
        self.rules.follow_symlinks = follow_symlinks;
        self
    }

    /// Whether the file may have more than one name. Default `false`: hard links are refused,
    /// because a database that is opened under two names is damaged.
    pub fn allow_hard_links(mut self, allow_hard_links: bool) -> Self {
        self.rules.allow_hard_links = allow_hard_links;
        self
    }

    /// Whether a file that group or others have access to is refused. Default `false`: it is opened
    /// with a warning, and its mode left alone. A file that kstdb creates is always `0600`.
    pub fn require_private(mut self, require_private: bool) -> Self {
        self.rules.require_private = require_private;
        self
    }

    /// Runs a hook on each new connection, after the key and the settings. What it sets is what
    /// every caller finds. Its error fails the opening at once.
    pub fn on_connect<F>(mut self, hook: F) -> Self
    where
        F: for<'c> Fn(
                &'c mut SqliteConnection,
            )
                -> BoxFuture<'c, Result<(), Box<dyn std::error::Error + Send + Sync>>>
            + Send
            + Sync
            + 'static,
    {
        self.on_connect = Some(Arc::new(hook));
        self
    }

    /// Makes the database without opening it: the first call does.
    #[must_use]
    pub fn build(self) -> AsyncDatabase {
        AsyncDatabase::new(self)
    }

    /// Opens the database.
    ///
    /// # Errors
    /// - [`DatabaseError::Config`]: the settings cannot be read.
    /// - [`DatabaseError::Encryption`]: no key, a wrong key, or a file that holds something else than
    ///   the key, or the lack of one, suggests.
    /// - [`DatabaseError::Connection`]: the file is not there, is a link or a directory, or cannot be
    ///   opened, after all attempts.
    ///
    /// # Cancel safety
    /// Dropping the future leaves no connection behind; a database that was just created stays.
    pub async fn connect(self) -> Result<AsyncDatabase, DatabaseError> {
        let database = self.build();
        database.connect().await?;
        Ok(database)
    }

    /// Opens the pool alone, for programs that want nothing else.
    ///
    /// # Errors
    /// Those of [`connect`](Self::connect).
    ///
    /// # Cancel safety
    /// That of [`connect`](Self::connect).
    pub async fn connect_pool(self) -> Result<ConnectionPool, DatabaseError> {
        Arc::new(self).open().await
    }

    pub(crate) fn path(&self) -> &std::path::Path {
        &self.path
    }

    /// Tells whether the program named a key, whatever the settings say.
    pub(crate) fn names_a_key(&self) -> bool {
        self.key_request.names_a_source() || self.key.is_some() || self.key_source.is_some()
    }
}

impl std::fmt::Debug for DatabaseBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DatabaseBuilder")
            .field("path", &self.path)
            .field("overrides", &self.overrides)
            .field("rules", &self.rules)
            .field("synchronous", &self.synchronous)
            .finish_non_exhaustive()
    }
}
