//! What an error must say about the fault behind it.

use std::error::Error as _;

use anyhow::{Context as _, ensure};
use kstdb_core::DatabaseError;

use crate::support::canary;
use crate::vfs::{Effect, Fault, Op};

/// Checks that a caller who branches on this error does the right thing.
///
/// A page that could not be read counts as damaged: SQLCipher deciphers it all the same, and puts
/// its own failure in the place of the system's. What is read wrong while the database is opened,
/// the salt above all, is what a wrong key looks like.
pub(super) fn check(what: &str, error: &DatabaseError, fault: Fault) -> anyhow::Result<()> {
    canary::clean_error(error).with_context(|| format!("in the error of {what}"))?;
    let said = chain(error);
    let misread = matches!(fault.effect, Effect::FlipBit | Effect::ShortRead);
    ensure!(
        misread || !error.is_wrong_key(),
        "{what} says that the key is wrong: {said}"
    );
    ensure!(!error.is_busy(), "{what} says busy: {said}");
    ensure!(!error.is_timeout(), "{what} says that time ran out: {said}");
    let corrupt = error.is_corrupt() && fault.op != Op::Read;
    ensure!(!corrupt, "{what} says that the file is damaged: {said}");
    Ok(())
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
