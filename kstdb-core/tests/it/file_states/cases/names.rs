//! Names that lead to something else, or nowhere.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use kstdb_core::{AsyncDatabase, DbConfig};

use super::case::{Case, bare, case, right};
use crate::file_states::databases::{db, plaintext, usual};
use crate::support::{TestResult, raw_key};

/// Names that lead to something else, or nowhere.
pub(in crate::file_states) const NAMES: &[Case] = &[
    case(
        "missing, not to be created",
        |_| Ok(()),
        |dir| right(dir).create_if_missing(false),
        "Connection::NotFound",
        &[],
    ),
    case(
        "missing, not to be created, no key",
        |_| Ok(()),
        |dir| bare(dir).create_if_missing(false),
        "Connection::NotFound",
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
        "Connection::ParentNotFound",
        &[],
    ),
    case(
        "directory missing, no key",
        |_| Ok(()),
        |dir| AsyncDatabase::builder(dir.join("missing/app.db")).config(DbConfig::default()),
        "Connection::ParentNotFound",
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
        "Connection::ParentNotFound",
        &[],
    ),
    case(
        "directory",
        |dir| Ok(fs::create_dir(db(dir))?),
        right,
        "Connection::UnusablePath",
        &[],
    ),
    case(
        "directory, no key",
        |dir| Ok(fs::create_dir(db(dir))?),
        bare,
        "Connection::UnusablePath",
        &[],
    ),
    case(
        "pipe",
        |dir| fifo(&db(dir)),
        right,
        "Connection::UnusablePath",
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
        "Connection::UnusablePath",
        &[],
    ),
    case(
        "symbolic link, plaintext",
        |dir| {
            plaintext(dir)?;
            fs::rename(db(dir), dir.join("real.db"))?;
            Ok(symlink("real.db", db(dir))?)
        },
        bare,
        "Connection::UnusablePath",
        &[],
    ),
    case(
        "dangling link, to be followed",
        |dir| Ok(symlink("nowhere.db", db(dir))?),
        |dir| right(dir).follow_symlinks(true),
        "Connection::UnusablePath",
        &[],
    ),
    case(
        "hard link",
        |dir| {
            usual(dir)?;
            Ok(fs::hard_link(db(dir), dir.join("other.db"))?)
        },
        right,
        "Connection::UnusablePath",
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
        "Connection::UnusablePath",
        &[],
    ),
    case(
        "-shm is a link",
        |dir| linked(dir, "app.db-shm"),
        right,
        "Connection::UnusablePath",
        &[],
    ),
    case(
        "-journal is a link",
        |dir| linked(dir, "app.db-journal"),
        right,
        "Connection::UnusablePath",
        &[],
    ),
    case(
        "-wal leads nowhere, new file",
        |dir| Ok(symlink("nowhere", dir.join("app.db-wal"))?),
        right,
        "Connection::UnusablePath",
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
        "Connection::UnusablePath",
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
