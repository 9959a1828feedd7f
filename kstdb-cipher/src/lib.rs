//! Keys for encrypted databases: where they come from, how they reach SQLCipher, what a file is.
//!
//! Use this crate to turn a passphrase, an environment variable or a SOPS file into a key, to find
//! out what a database file is before SQLite sees it, and to open one encrypted connection. For a
//! pool, transactions and queries use `kstdb-core`, which is built on it.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use kstdb_cipher::{CipherKey, UnlockOptions, inspect, is_sqlcipher_available, unlock};
//!
//! # if !is_sqlcipher_available() { return Ok(()) }
//! let dir = tempfile::tempdir()?;
//! let path = dir.path().join("app.db");
//! let options = UnlockOptions::new().create_if_missing(true);
//!
//! let key = CipherKey::passphrase("correct horse battery staple")?;
//! assert!(unlock(&path, &key, &options)?.created);
//! assert!(inspect(&path)?.state.is_opaque());
//!
//! let wrong = CipherKey::passphrase("incorrect horse")?;
//! assert!(unlock(&path, &wrong, &options).is_err_and(|error| error.is_wrong_key()));
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! | feature | effect |
//! |---|---|
//! | `sqlcipher` (default) | links SQLCipher with the system's libcrypto |
//! | `sops` (default) | reads SOPS files for age recipients without the `sops` program |
//! | `vendored-openssl` | links SQLCipher with an OpenSSL built from source |
//! | none | links plain SQLite: every use of a key is [`CipherError::NotSqlcipher`]; SOPS files need the program |
//!
//! # Tour
//!
//! - keys: [`CipherKey`], [`DerivedKey`], [`KeyCache`]; formats: [`CipherCompatibility`],
//!   [`CipherProfile`]
//! - where keys come from: [`KeySource`], [`KeyRequest`], [`resolve_cipher_key`]; [`EnvSource`],
//!   [`SopsSource`], [`KeyFileSource`], [`CredentialSource`], [`KeyringSource`]
//! - keys and connections: [`apply_cipher_key`], [`apply_derived_key`], [`connect()`]
//! - files: [`inspect()`] looks, [`unlock()`] opens or creates and says why not, [`check_pages`]
//!   checks every page, [`check_log`] what SQLite would believe of a log
//! - whole files: [`rekey()`] changes the key of an open one, [`opens()`] proves it, [`hold()`]
//!   keeps others out, [`retire()`] ends a replaced one
//! - the linked library: [`library()`], [`is_sqlcipher_available`]

mod error;
mod key;
#[cfg(test)]
mod produced;
mod profile;

mod derive;
mod key_cache;
mod sops;
mod source;
mod stack;

mod apply;
mod library;
mod rekey;

mod beside;
mod create;
mod diagnose;
mod first_page;
mod hold;
mod inspect;
mod no_follow;
mod page_io;
mod prove;
mod retire;
mod unlock;
mod verify;
mod wal_format;

mod connect;

pub use apply::{apply_cipher_key, apply_derived_key};
pub use beside::check_log;
pub use connect::connect;
pub use derive::{DerivedKey, key_derivations, random_salt};
pub use error::{CipherError, Damage, PathProblem};
pub use hold::{copy_file, hold};
pub use inspect::{FileReport, FileState, Sidecar, Sidecars, inspect};
pub use key::{CipherKey, KeyError, KeyKind, RAW_KEY_BYTES, SALT_BYTES};
pub use key_cache::KeyCache;
pub use library::{LibraryInfo, is_sqlcipher_available, library};
pub use no_follow::no_follow_vfs;
pub use profile::{CipherCompatibility, CipherProfile, HashAlgorithm, PageSize};
pub use prove::opens;
pub use rekey::rekey;
pub use retire::retire;
pub use sops::{
    IdentityAttempt, IdentityCommands, IdentityOutcome, JsonKind, KeyPathProblem, Malformed,
    ProgramReason, RecipientKind, Refusal, SopsError, SopsExit, SopsReader, SopsSource,
    decrypt_document,
};
pub use source::{
    CredentialSource, EnvSource, KeyFileError, KeyFileSource, KeyRequest, KeySource,
    KeySourceError, KeyringError, KeyringSource, PassphraseSource, resolve_cipher_key,
};
pub use unlock::{UnlockOptions, Unlocked, unlock, unlock_with};
pub use verify::{
    DamagedFrame, DamagedPages, FrameFault, PageCheck, PageFault, PageReport, WalReport,
    check_pages,
};

#[cfg(feature = "keyring")]
pub use keyring_core;
pub use rusqlite;
pub use secrecy;
pub use sqlx;
pub use sqlx_sqlite;
