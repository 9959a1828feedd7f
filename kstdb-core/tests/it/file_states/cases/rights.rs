//! Rights that are missing, or too many, and locks of another program.

use std::path::Path;

use kstdb_core::cipher::rusqlite::Connection;

use super::case::{Case, bare, case, right};
use crate::file_states::databases::{db, mode, plaintext, usual};
use crate::support::{TestResult, raw_key};

/// Rights that are missing, or too many. For a process that is not root.
pub(in crate::file_states) const RIGHTS: &[Case] = &[
    case(
        "no permission",
        |dir| {
            usual(dir)?;
            mode(&db(dir), 0o000)
        },
        right,
        "Connection::Io",
        &["io"],
    ),
    case(
        "no permission, no key",
        |dir| {
            plaintext(dir)?;
            mode(&db(dir), 0o000)
        },
        bare,
        "Connection::Io",
        &["io"],
    ),
    case(
        "read-only directory, new file",
        |dir| mode(dir, 0o500),
        right,
        "Connection::Io",
        &["io"],
    ),
    case(
        "read-only directory, new file, no key",
        |dir| mode(dir, 0o500),
        bare,
        "Connection::Io",
        &["io"],
    ),
    case(
        "read-only directory",
        |dir| {
            usual(dir)?;
            mode(dir, 0o500)
        },
        right,
        "Connection::Open",
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
        "Connection::Open",
        &[],
    ),
    case(
        "read-only directory, plaintext",
        |dir| {
            plaintext(dir)?;
            mode(dir, 0o500)
        },
        bare,
        "Connection::Setting",
        &[],
    ),
    case(
        "others may read, and must not",
        |dir| {
            usual(dir)?;
            mode(&db(dir), 0o644)
        },
        |dir| right(dir).require_private(true),
        "Connection::UnusablePath",
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

/// A program that holds the database locked, for as long as the connection lives.
pub(in crate::file_states) fn locked(directory: &Path) -> TestResult<Connection> {
    usual(directory)?;
    let connection = Connection::open(db(directory))?;
    kstdb_core::apply_cipher_key(&connection, &raw_key(7))?;
    connection.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT")?;
    Ok(connection)
}
