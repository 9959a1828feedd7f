//! What an error must say about the fault behind it.

use std::error::Error as _;

use anyhow::{Context as _, ensure};
use kstdb_core::error::DatabaseConnectionError;
use kstdb_core::maintenance::MaintenanceError;
use kstdb_core::{DatabaseError, EncryptionError};
use libsqlite3_sys as ffi;

use crate::support::canary;
use crate::vfs::{Effect, Fault, FileKind, Op};

/// Checks that a caller who branches on this error does the right thing.
///
/// A page that could not be read counts as damaged: SQLCipher deciphers it all the same, and puts
/// its own failure in the place of the system's. What is read wrong while the database is opened,
/// the salt above all, is what a wrong key looks like.
pub(super) fn check(what: &str, error: &DatabaseError, fault: Fault) -> anyhow::Result<()> {
    canary::clean_error(error).with_context(|| format!("in the error of {what}"))?;
    let said = chain(error);
    ensure!(!error.is_busy(), "{what} says busy: {said}");
    ensure!(!error.is_timeout(), "{what} says that time ran out: {said}");
    let fits = match fault.effect {
        _ if is_answer(error) => true,
        // A WAL that is read wrong ends where it is wrong: what comes after it is not there.
        Effect::FlipBit if fault.only == Some(FileKind::Wal) => true,
        Effect::FlipBit | Effect::ShortRead => {
            error.is_corrupt()
                || error.is_wrong_key()
                || error.is_io()
                || no_database(error)
                || other_file(error)
        }
        Effect::Refuse(ffi::SQLITE_FULL) | Effect::ShortWrite => error.is_full(),
        Effect::Refuse(_) if fault.op == Op::Read => error.is_io() || error.is_corrupt(),
        Effect::Refuse(_) => error.is_io(),
    };
    ensure!(fits, "{what} does not say {}: {said}", expected(fault));
    Ok(())
}

/// What a rekey says of its outcome: SQLCipher does not say why it failed, or that memory ran out.
fn is_answer(error: &DatabaseError) -> bool {
    matches!(
        error,
        DatabaseError::Maintenance(
            MaintenanceError::KeyNotChanged { .. } | MaintenanceError::KeyInDoubt { .. }
        )
    )
}

/// The header of a file that is read wrong says that it is read-only, for one, and a backup that is
/// read wrong is not what was written.
fn other_file(error: &DatabaseError) -> bool {
    matches!(
        error,
        DatabaseError::Maintenance(
            MaintenanceError::ReadOnly { .. } | MaintenanceError::Differs { .. }
        )
    )
}

/// What is read wrong while a database is opened or created can be any file.
fn no_database(error: &DatabaseError) -> bool {
    matches!(
        error,
        DatabaseError::Encryption(
            EncryptionError::NotADatabase { .. } | EncryptionError::NewFileNotEncrypted { .. }
        ) | DatabaseError::Connection(DatabaseConnectionError::UnusablePath { .. })
    )
}

fn expected(fault: Fault) -> &'static str {
    match fault.effect {
        Effect::FlipBit | Effect::ShortRead => "that the file is damaged or cannot be read",
        Effect::Refuse(ffi::SQLITE_FULL) | Effect::ShortWrite => "that the disk is full",
        Effect::Refuse(_) => "that the system refused",
    }
}

/// The messages of an error and all its causes.
pub(super) fn chain(error: &DatabaseError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
