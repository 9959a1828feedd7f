//! The cases: what there is, how it is opened, and which error that is.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use kstdb_core::cipher::rusqlite::Connection;
use kstdb_core::{AsyncDatabase, CipherKey, DatabaseBuilder, DbConfig};

use super::databases::{
    PASSPHRASE, bytes, db, encrypted, mode, noise, other_settings, overwrite, plaintext, usual,
};
use crate::support::{TestResult, raw_key};

/// What there is and what must come of it.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) prepare: fn(&Path) -> TestResult,
    pub(super) open: fn(&Path) -> DatabaseBuilder,
    /// The variants of the error, from the outside in.
    pub(super) error: &'static str,
    /// The questions that the error answers with yes.
    pub(super) yes: &'static [&'static str],
}

/// No settings of the machine, no key, no second attempt.
fn bare(directory: &Path) -> DatabaseBuilder {
    AsyncDatabase::builder(db(directory))
        .config(DbConfig::default())
        .max_attempts(1)
}

fn right(directory: &Path) -> DatabaseBuilder {
    bare(directory).key(raw_key(7))
}

fn passphrase(directory: &Path) -> DatabaseBuilder {
    bare(directory).passphrase(PASSPHRASE)
}

const fn case(
    name: &'static str,
    prepare: fn(&Path) -> TestResult,
    open: fn(&Path) -> DatabaseBuilder,
    error: &'static str,
    yes: &'static [&'static str],
) -> Case {
    Case {
        name,
        prepare,
        open,
        error,
        yes,
    }
}

const WRONG_KEY: &str = "Encryption::WrongKey";
const OTHER_SETTINGS: &str = "Encryption::OtherCipherSettings";
/// Which of the two depends on the version of SQLCipher: whether SQLite hears of the page.
const DAMAGED: &str = "Statement::DamagedPage or Statement::Sqlite";

/// Keys that do not fit.
pub(super) const KEYS: &[Case] = &[
    case(
        "wrong raw key",
        usual,
        |dir| bare(dir).key(raw_key(1)),
        WRONG_KEY,
        &["wrong_key"],
    ),
    case(
        "wrong passphrase",
        usual,
        passphrase,
        WRONG_KEY,
        &["wrong_key"],
    ),
    case("no key", usual, bare, "Encryption::NoKey", &[]),
    case(
        "empty key",
        usual,
        |dir| bare(dir).passphrase(""),
        "Encryption::Source::Key",
        &[],
    ),
    case(
        "key source without a key",
        usual,
        |dir| bare(dir).key_file(dir.join("missing")),
        "Encryption::Source::File",
        &[],
    ),
    case(
        "plaintext, with a key",
        plaintext,
        right,
        "Encryption::PlaintextFile",
        &[],
    ),
    case(
        "salt overwritten",
        |dir| {
            encrypted(dir, &CipherKey::passphrase(PASSPHRASE)?)?;
            overwrite(dir, &noise(16), 0)
        },
        passphrase,
        WRONG_KEY,
        &["wrong_key"],
    ),
];

/// Files of other settings, and files that are no whole database.
pub(super) const CONTENTS: &[Case] = &[
    case(
        "zero bytes",
        |dir| bytes(dir, b""),
        right,
        "Encryption::EmptyFile",
        &[],
    ),
    case(
        "100 random bytes",
        |dir| bytes(dir, &noise(100)),
        right,
        "Encryption::NotADatabase",
        &[],
    ),
    case(
        "8192 random bytes",
        |dir| bytes(dir, &noise(8192)),
        right,
        WRONG_KEY,
        &["wrong_key"],
    ),
    case(
        "5000 random bytes",
        |dir| bytes(dir, &noise(5000)),
        right,
        "Encryption::NotADatabase",
        &[],
    ),
    case(
        "random bytes, no key",
        |dir| bytes(dir, &noise(8192)),
        bare,
        "Encryption::NoKey",
        &[],
    ),
    case(
        "page 1 damaged",
        |dir| {
            usual(dir)?;
            overwrite(dir, &noise(16), 1000)
        },
        right,
        "Encryption::Damaged",
        &["corrupt"],
    ),
    case(
        "page 2 damaged",
        |dir| {
            usual(dir)?;
            overwrite(dir, &noise(16), 4096 + 1000)
        },
        right,
        DAMAGED,
        &["corrupt"],
    ),
    case(
        "last page damaged",
        |dir| {
            usual(dir)?;
            let end = db(dir).metadata()?.len();
            overwrite(dir, &noise(16), end - 4096 + 1000)
        },
        right,
        DAMAGED,
        &["corrupt"],
    ),
    case(
        "cut inside of a page",
        |dir| {
            usual(dir)?;
            let file = fs::OpenOptions::new().write(true).open(db(dir))?;
            Ok(file.set_len(5 * 4096 + 100)?)
        },
        right,
        "Encryption::Damaged",
        &["corrupt"],
    ),
    case(
        "SQLCipher 3",
        |dir| other_settings(dir, "PRAGMA cipher_compatibility = 3"),
        passphrase,
        OTHER_SETTINGS,
        &[],
    ),
    case(
        "SQLCipher 2",
        |dir| other_settings(dir, "PRAGMA cipher_compatibility = 2"),
        passphrase,
        OTHER_SETTINGS,
        &[],
    ),
    case(
        "SQLCipher 1",
        |dir| other_settings(dir, "PRAGMA cipher_compatibility = 1"),
        passphrase,
        OTHER_SETTINGS,
        &[],
    ),
    case(
        "smaller pages",
        |dir| other_settings(dir, "PRAGMA cipher_page_size = 1024"),
        passphrase,
        "Encryption::OtherPageSize",
        &[],
    ),
    case(
        "larger pages",
        |dir| other_settings(dir, "PRAGMA cipher_page_size = 65536"),
        passphrase,
        "Encryption::OtherPageSize",
        &[],
    ),
    case(
        "other KDF rounds",
        |dir| other_settings(dir, "PRAGMA kdf_iter = 10000"),
        passphrase,
        WRONG_KEY,
        &["wrong_key"],
    ),
];

/// Names that lead to something else, or nowhere.
pub(super) const NAMES: &[Case] = &[
    case(
        "missing, not to be created",
        |_| Ok(()),
        |dir| right(dir).create_if_missing(false),
        "Encryption::NotFound",
        &[],
    ),
    case(
        "directory missing",
        |_| Ok(()),
        |dir| {
            AsyncDatabase::builder(dir.join("missing/app.db"))
                .config(DbConfig::default())
                .key(raw_key(7))
        },
        "Encryption::ParentNotFound",
        &[],
    ),
    case(
        "below a file",
        usual,
        |dir| {
            AsyncDatabase::builder(db(dir).join("app.db"))
                .config(DbConfig::default())
                .key(raw_key(7))
        },
        "Encryption::ParentNotFound",
        &[],
    ),
    case(
        "directory",
        |dir| Ok(fs::create_dir(db(dir))?),
        right,
        "Encryption::NotAFile",
        &[],
    ),
    case(
        "pipe",
        |dir| fifo(&db(dir)),
        right,
        "Encryption::NotAFile",
        &[],
    ),
    case(
        "pipe, no key",
        |dir| fifo(&db(dir)),
        bare,
        "Connection::UnusablePath",
        &[],
    ),
    case(
        "symbolic link",
        |dir| {
            usual(dir)?;
            fs::rename(db(dir), dir.join("real.db"))?;
            Ok(symlink("real.db", db(dir))?)
        },
        right,
        "Encryption::Symlink",
        &[],
    ),
    case(
        "dangling link, to be followed",
        |dir| Ok(symlink("nowhere.db", db(dir))?),
        |dir| right(dir).follow_symlinks(true),
        "Encryption::Symlink",
        &[],
    ),
    case(
        "hard link",
        |dir| {
            usual(dir)?;
            Ok(fs::hard_link(db(dir), dir.join("other.db"))?)
        },
        right,
        "Encryption::HardLink",
        &[],
    ),
    case(
        "hard link, plaintext",
        |dir| {
            plaintext(dir)?;
            Ok(fs::hard_link(db(dir), dir.join("other.db"))?)
        },
        bare,
        "Connection::UnusablePath",
        &[],
    ),
    case(
        "-wal is a link",
        |dir| linked(dir, "app.db-wal"),
        right,
        "Encryption::UnsafeSidecar",
        &[],
    ),
    case(
        "-shm is a link",
        |dir| linked(dir, "app.db-shm"),
        right,
        "Encryption::UnsafeSidecar",
        &[],
    ),
    case(
        "-journal is a link",
        |dir| linked(dir, "app.db-journal"),
        right,
        "Encryption::UnsafeSidecar",
        &[],
    ),
    case(
        "-wal leads nowhere, new file",
        |dir| Ok(symlink("nowhere", dir.join("app.db-wal"))?),
        right,
        "Encryption::UnsafeSidecar",
        &[],
    ),
    case(
        "-wal is a hard link",
        |dir| {
            usual(dir)?;
            fs::write(dir.join("victim"), "not a log")?;
            Ok(fs::hard_link(dir.join("victim"), dir.join("app.db-wal"))?)
        },
        right,
        "Encryption::UnsafeSidecar",
        &[],
    ),
    case(
        "-journal is a link, plaintext",
        |dir| {
            plaintext(dir)?;
            fs::write(dir.join("victim"), "not a journal")?;
            Ok(symlink("victim", dir.join("app.db-journal"))?)
        },
        bare,
        "Connection::UnusablePath",
        &[],
    ),
];

/// Rights that are missing, or too many. For a process that is not root.
pub(super) const RIGHTS: &[Case] = &[
    case(
        "no permission",
        |dir| {
            usual(dir)?;
            mode(&db(dir), 0o000)
        },
        right,
        "Encryption::Io",
        &[],
    ),
    case(
        "no permission, no key",
        |dir| {
            plaintext(dir)?;
            mode(&db(dir), 0o000)
        },
        bare,
        "Encryption::Io",
        &[],
    ),
    case(
        "read-only directory, new file",
        |dir| mode(dir, 0o500),
        right,
        "Encryption::Io",
        &[],
    ),
    case(
        "read-only directory, new file, no key",
        |dir| mode(dir, 0o500),
        bare,
        "Connection::Io",
        &[],
    ),
    case(
        "read-only directory",
        |dir| {
            usual(dir)?;
            mode(dir, 0o500)
        },
        right,
        "Encryption::Sqlite",
        &[],
    ),
    case(
        "read-only file",
        |dir| {
            usual(dir)?;
            mode(&db(dir), 0o400)?;
            mode(dir, 0o500)
        },
        right,
        "Encryption::Sqlite",
        &[],
    ),
    case(
        "others may read, and must not",
        |dir| {
            usual(dir)?;
            mode(&db(dir), 0o644)
        },
        |dir| right(dir).require_private(true),
        "Encryption::OpenToOthers",
        &[],
    ),
    case(
        "others may read, and must not, plaintext",
        |dir| {
            plaintext(dir)?;
            mode(&db(dir), 0o604)
        },
        |dir| bare(dir).require_private(true),
        "Connection::UnusablePath",
        &[],
    ),
];

fn fifo(path: &Path) -> TestResult {
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    Ok(rustix::fs::mkfifoat(rustix::fs::CWD, path, mode)?)
}

/// The database, and in the place of a file beside it a link to another one.
fn linked(directory: &Path, name: &str) -> TestResult {
    usual(directory)?;
    fs::write(directory.join("victim"), "not a database")?;
    Ok(symlink("victim", directory.join(name))?)
}

/// A program that holds the database locked, for as long as the connection lives.
pub(super) fn locked(directory: &Path) -> TestResult<Connection> {
    usual(directory)?;
    let connection = Connection::open(db(directory))?;
    kstdb_core::apply_cipher_key(&connection, &raw_key(7))?;
    connection.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT")?;
    Ok(connection)
}
